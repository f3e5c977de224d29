package driver_test

import (
	"testing"

	"rtbench/loadgen/driver"
)

// A synchronous stream waits in Send and knows if a Send would block.
type synchronous struct{ driver.Stream }

func (synchronous) SendWaits() bool { return true }
func (synchronous) Writable() bool  { return false }

func TestTranscodeKeepsCapabilities(t *testing.T) {
	same := func(b []byte) ([]byte, error) { return b, nil }
	st := driver.Transcode(driver.Transcode(synchronous{}, nil, same), nil, same)
	if !driver.SendWaits(st) {
		t.Error("SendWaits is lost")
	}
	if w := driver.WritableOf(st); w == nil || w.Writable() {
		t.Error("Writable is lost")
	}
	plain := driver.Transcode(struct{ driver.Stream }{}, nil, same)
	if driver.SendWaits(plain) || driver.WritableOf(plain) != nil {
		t.Error("a plain stream has capabilities")
	}
}
