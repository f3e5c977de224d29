package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"rtbench/report/result"
)

// All reports show the kinds of messages. Percentiles of kinds with too few answers are unknown.
func TestKindsOfMessages(t *testing.T) {
	t.Parallel()
	c := madeUpCell(t, "echo", "websocket", 4000, 6, 100*time.Microsecond)
	few := madeUpCell(t, "echo", "websocket", 30, 6, 300*time.Microsecond)
	for i, r := range c.Repetitions {
		r.Kinds = []result.Kind{{Name: "move", Due: 4001, Response: r.Response}, {Name: "say", Due: 30, Response: few.Repetitions[i].Response}}
	}
	r := &result.Result{Version: result.Version, Started: madeUpStart, Cells: []*result.Cell{c}}
	for name, write := range map[string]func(io.Writer, *result.Result) error{"summary": Summary, "details": Details, "markdown": Markdown} {
		var b bytes.Buffer
		if err := write(&b, r); err != nil {
			t.Fatal(err)
		}
		var rows [][]string
		for line := range strings.Lines(b.String()) {
			if f := strings.Fields(strings.ReplaceAll(line, "|", " ")); len(f) > 4 && f[0] == "websocket" && (f[1] == "move" || f[1] == "say") {
				rows = append(rows, f[1:])
			}
		}
		if len(rows) != 2 || strings.Join(rows[0][:3], " ") != "move 24006 24000" || rows[0][3] == result.Unknown || strings.Join(rows[1][:3], " ") != "say 180 180" || !strings.Contains(strings.Join(rows[1], " "), "µs "+result.Unknown+" ") {
			t.Errorf("%s: %s\n%s", name, fmt.Sprint(rows), b.String())
		}
	}
}
