//go:build !unix

package importer_test

import (
	"testing"
	"time"
)

func processorTime(*testing.B) time.Duration { return 0 }
