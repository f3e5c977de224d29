package loadgen

import (
	"strings"
	"testing"

	"rtbench/scenarios"
)

// QUIC over small socket buffers has a warning.
func TestSmallBuffer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		protocol string
		most     int
		want     string
	}{
		{"sse-h3", 212_992, "at most 213 KB"},
		{"webtransport", quicBuffer - 1, "net.core.rmem_max"},
		{"sse-h3", quicBuffer, ""},
		{"sse-h3", 0, ""},
		{"sse-h2", 212_992, ""},
	} {
		got := smallBuffer(&scenarios.Scenario{Protocols: []string{"tcp", c.protocol}}, c.most)
		if !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%s with %d bytes: %q, want %q", c.protocol, c.most, got, c.want)
		}
	}
}
