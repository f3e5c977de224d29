package loadgen

import (
	"testing"

	"rtbench/loadgen/session"
	"rtbench/loadgen/target"
	"rtbench/report/result"
)

// Groups of different traffic pass through the phases at the same time. Each has a result.
func TestGroupsRunTogether(t *testing.T) {
	t.Parallel()
	s := parse(t, "{name: x, protocols: tcp, pattern: [echo, push], load: {rate: 200/s, connections: 2}, phases: {warmup: 0s, steady: 300ms, drain: 10s}}")
	cells := s.Cells()
	j := job{scenario: s, cell: cells[0], resultCell: newCell(s, cells[0]), side: Side{Server: withFault(t, "")}}
	srv, err := target.Find(t.Context(), j.serverSpec())
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Stop()
	rep := &result.Repetition{}
	r := newRepetition(t.Context(), j, Options{}, result.Status{}, srv, rep)
	pushed := session.New(t.Context(), session.Config{Scenario: s, Cell: cells[1], ID: "second", Server: srv, Dial: r.dialer.dial})
	r.groups = append(r.groups, pushed)
	r.run(t.Context())
	if n := rep.Counters; rep.Error != "" || n.Planned != 60 || n.Recorded+n.Lost != n.Sent {
		t.Errorf("%s%+v", rep.Error, n)
	}
	if n := r.others[0].Counters; n.Planned != 60 || n.Recorded == 0 || n.Sent > 0 || pushed.From != r.measured().From {
		t.Errorf("the second group counted %+v", n)
	}
}
