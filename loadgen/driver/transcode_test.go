package driver_test

import (
	"testing"

	"rtbench/loadgen/driver"
)

func TestTranscodeKeepsCapabilities(t *testing.T) {
	same := func(b []byte) ([]byte, error) { return b, nil }
	waiting := &driver.Stream{SendWaits: true, Writable: func() bool { return false }}
	st := driver.Transcode(driver.Transcode(waiting, nil, same), nil, same)
	if !st.SendWaits {
		t.Error("SendWaits is lost")
	}
	if st.Writable == nil || st.Writable() {
		t.Error("Writable is lost")
	}
	if st.Drive != nil {
		t.Error("Drive came from nowhere")
	}
}
