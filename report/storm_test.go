package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"rtbench/report/result"
)

// The tables of events, of streams that they cut or held up and of those that stayed, fit 80 columns with all their values,
// and narrow terminals with fewer.
func TestStormFits(t *testing.T) {
	r := &result.Result{Version: result.Version, Started: madeUpStart}
	for i, protocol := range []string{"websocket", "sse"} {
		for _, group := range []string{"phones", "dashboards"} {
			c := madeUpCell(t, "push", protocol, 4000, 3, time.Duration(10+i)*time.Millisecond)
			c.ID += group
			c.Config.Group, c.Config.Axes, c.Config.Reconnect.Policy = group, "group="+group, "exponential"
			for _, rep := range c.Repetitions {
				s := result.Storm{Event: "disconnect 100% of phones", At: time.Second / 2, End: time.Second}
				if group == "phones" {
					s.Cut, s.Attempts, s.Back = 200, 300, rep.Response
					s.Slots = []result.StormSlot{{Attempts: 250}, {Back: 200}}
					rep.Missed.NotSent = 500
				}
				held := &result.Partition{Length: 200 * time.Millisecond, Streams: 4000, Served: rep.Response, Delayed: 123_456}
				cut := result.Storm{Event: "partition of 200ms", At: 700 * time.Millisecond, Partition: held, Cut: 7, Ended: map[string]uint64{"connection reset": 7}}
				rep.Storms = []result.Storm{s, cut}
				rep.Timeline = []result.Interval{{Length: time.Second / 2, Response: rep.Response}, {Start: time.Second / 2, Length: time.Second / 2, Response: rep.Response}}
				rep.Samples = []result.Sample{{Server: &result.Used{}}, {At: time.Second, Server: &result.Used{CPU: time.Second, RSSBytes: 123_456_789}}}
				for j := range rep.Validity.Findings {
					rep.Validity.Findings[j].Unusable = nil
				}
			}
			r.Cells = append(r.Cells, c)
		}
	}
	for _, width := range []int{40, 80} {
		var out bytes.Buffer
		p := &printer{w: &out, width: width}
		if p.summary(r); p.err != nil {
			t.Fatal(p.err)
		}
		checkWidth(t, out.String(), width)
		if partition := "Partition of 200ms at 700 ms"; !strings.Contains(out.String(), partition) || !strings.Contains(out.String(), "delayed") || !strings.Contains(out.String(), "! sse: 21 × connection reset") {
			t.Errorf("the partition is not in\n%s", out.String())
		}
		if all := bytes.Count(out.Bytes(), []byte("123 MB")); width == 80 && all != 2 {
			t.Errorf("the server's memory is shown %d times in\n%s", all, out.String())
		}
	}
}
