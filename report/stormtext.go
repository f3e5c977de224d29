package report

import (
	"fmt"
	"slices"
	"strings"

	"rtbench/report/result"
)

// mostColumns is the width of a course as text.
const mostColumns = 50

// course draws the attempts in equal parts of the time from the event until the last stream was back, and the
// share of the streams that were back by then; empty without streams that came back.
func (r StormRow) course() string {
	slots, each := result.Shrink(r.Course, mostColumns)
	if r.Cut == 0 || len(slots) == 0 {
		return ""
	}
	var most, back uint64
	for _, s := range slots {
		most = max(most, s.Attempts)
	}
	var attempts, share strings.Builder
	for _, s := range slots {
		back += s.Back
		if s.Attempts == 0 {
			attempts.WriteByte(' ')
		} else {
			attempts.WriteRune(spark(float64(s.Attempts) / float64(most)))
		}
		share.WriteRune(spark(float64(back) / float64(r.Cut)))
	}
	return fmt.Sprintf("attempts │%s│ back │%s│ %v a column", attempts.String(), share.String(), each)
}

// The columns that a narrow terminal leaves out, the first of them first: of partitions, and of other events.
var (
	leastInPartition = []int{7, 2, 3, 1, 6}
	leastInStorm     = []int{2, 6, 1, 5, 3}
)

// storms prints the events of a group.
func (p *printer) storms(g *Group, v stormView) {
	for _, s := range g.stormTables(v) {
		t := newTable(append([]string{"protocol"}, s.Heads...)...)
		var courses []string
		for _, r := range s.Rows {
			t.add(append([]string{r.Cell.Config.Protocol}, r.Values...)...)
			if text := r.course(); text != "" {
				courses = append(courses, r.Cell.Config.Protocol+": "+text)
			}
		}
		if v != inFull {
			of, least := "", leastInStorm
			switch {
			case slices.Contains(s.Heads, "cores"):
				of = "; cores and memory of the server"
			case slices.Contains(s.Heads, "delayed"):
				least = leastInPartition
			}
			p.paragraph("    ", "  "+strings.ToUpper(s.Caption[:1])+s.Caption[1:]+of+":")
			p.printf("%s", t.within(p.width, least...).text())
			for _, line := range s.Ends {
				p.paragraph("    ", "  ! "+line)
			}
			continue
		}
		p.table(s.Caption, t)
		p.list("! ", s.Ends)
		p.list("", courses)
	}
}
