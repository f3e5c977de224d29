package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"rtbench/internal/golden"
	"rtbench/report/result"
	"rtbench/scenarios/cell"
)

// madeUpChurn returns a result of speakers and residents beside visitors who come and go or all stay. Over WebSocket
// churn doubles the times of those who stay, a join costs 1 ms of CPU, and the server has 1 to 6 MB more; over SSE it
// changes nothing, and half of the visitors that were due did not join.
func madeUpChurn(t testing.TB) *result.Result {
	t.Helper()
	r := &result.Result{Version: result.Version, Started: madeUpStart}
	for _, protocol := range []string{"websocket", "sse"} {
		for _, stay := range []string{"forever", "exponential(1s)"} {
			for _, group := range []string{"speakers", "residents", "visitors"} {
				at := time.Millisecond
				if stay != "forever" && protocol == "websocket" {
					at *= 2
				}
				c := madeUpCell(t, "fanout", protocol, 4000, 6, at)
				c.Config.Group, c.Config.Connections = group, 48
				if group != "speakers" {
					c.Config.From = "speakers"
				}
				c.Config.Axes = fmt.Sprintf("stay=%s/group=%s", stay, group)
				c.ID = "made-up/" + protocol + "/" + c.Config.Axes
				if group == "visitors" && stay != "forever" {
					c.Config.Join.Stay.Pause, _ = cell.ParsePause(stay)
				}
				for i, rep := range c.Repetitions {
					describeChurn(c, rep, i, stay != "forever")
				}
				r.Cells = append(r.Cells, c)
			}
		}
	}
	return r
}

func describeChurn(c *result.Cell, rep *result.Repetition, i int, churn bool) {
	rep.Server.CPU, rep.Server.RSSBytes = 100*time.Millisecond, 20e6
	if !churn {
		return
	}
	joined := uint64(48)
	if c.Config.Protocol == "sse" {
		joined = 24
	} else {
		rep.Server.CPU, rep.Server.RSSBytes = 148*time.Millisecond, 20e6+1e6*int64(i+1)
	}
	if c.Config.Churns() {
		rep.Joins = &result.Joins{Planned: 48, Joined: joined}
	}
}

// The first screen of users who come and go says what that does to the groups that stay, by the ratios of the pairs,
// whether the users joined, and what a join costs the server; in at most 35 lines for three protocols.
func TestEffectOfChurn(t *testing.T) {
	r := madeUpChurn(t)
	for _, width := range []int{40, 80} {
		var out bytes.Buffer
		p := &printer{w: &out, width: width}
		if p.summary(r); p.err != nil {
			t.Fatal(p.err)
		}
		golden.Check(t, fmt.Sprintf("testdata/joined.%d", width), out.Bytes())
		checkWidth(t, out.String(), width)
	}
	list := Effects(r)
	if len(list) != 1 {
		t.Fatalf("%d effects", len(list))
	}
	sentences := strings.Join(list[0].Sentences, "\n")
	for _, want := range []string{
		"residents: p99 while visitors come and go is higher over websocket (×2.", "unchanged over sse",
		"visitors: 48.0 joins/s as planned over websocket; 50 % of the users that were due joined in time over sse; a join costs the server 1.00 ms of CPU over websocket.",
	} {
		if !strings.Contains(sentences, want) {
			t.Errorf("%q is not in %s", want, sentences)
		}
	}
	rows := list[0].Tables[1].Rows
	if got, want := rows[0][len(rows[0])-2:], "1.00 ms 3.50 MB"; strings.Join(got, " ") != want {
		t.Errorf("cost %q, want %s", got, want)
	}
}

// A group whose own users come and go, with no other beside it, is no effect.
func TestChurnWithoutOthers(t *testing.T) {
	r := madeUpChurn(t)
	for _, c := range r.Cells {
		c.Config.Group, c.Config.From, c.Config.Axes = "", "", strings.Split(c.Config.Axes, "/")[0]
	}
	if list := Effects(r); len(list) != 0 {
		t.Errorf("%d effects", len(list))
	}
}
