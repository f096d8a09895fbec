package importer

import (
	"strings"
	"testing"

	"muster/importer/procore"
)

func TestStopForForbidden(t *testing.T) {
	for _, test := range []struct {
		message, fix string
		page         bool
	}{
		{"App is not connected to this company.", "App Management", false},
		{"You do not have permission to do this", "Permitted Projects: an update of the app removes them", false},
		{"Access denied", "IT department", true},
	} {
		stop := stopFor(&procore.Error{Op: "list people", Kind: procore.Forbidden, Message: test.message, Answer: procore.Answer{Page: test.page}})
		if !strings.Contains(stop.Message, "list people") {
			t.Errorf("%s: %s", test.message, stop.Message)
		}
		if stop.Code != codeForbidden || !strings.Contains(stop.Fix, test.fix) {
			t.Errorf("%s: %s, %s", test.message, stop.Code, stop.Fix)
		}
	}
}
