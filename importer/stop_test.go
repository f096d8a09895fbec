package importer

import (
	"strings"
	"testing"

	"muster/importer/procore"
)

func TestStopForForbidden(t *testing.T) {
	for _, test := range []struct{ message, fix string }{
		{"App is not connected to this company.", "App Management"},
		{"You do not have permission to do this", "Permitted Projects"},
	} {
		stop := stopFor(&procore.Error{Kind: procore.Forbidden, Message: test.message})
		if stop.Code != codeForbidden || !strings.Contains(stop.Fix, test.fix) {
			t.Errorf("%s: %s, %s", test.message, stop.Code, stop.Fix)
		}
	}
}
