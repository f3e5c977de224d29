package report

import (
	"fmt"
	"io"

	"rtbench/report/result"
)

// OracleText writes the figures whose answer was known beside what was measured.
// The only errors are w's.
func OracleText(w io.Writer, r *result.Result) error {
	p := &printer{w: w}
	p.oracle(r)
	p.environment(r)
	return p.err
}

// oracle is the table of figures of known answer, nothing where there are none.
func (p *printer) oracle(r *result.Result) {
	if len(r.Oracle) == 0 {
		return
	}
	off := 0
	t := &table{}
	t.add("case", "cell", "figure", "known answer", "measured", "off by", "allowed", "", "closed form")
	t.rule()
	for _, e := range r.Oracle {
		format := duration
		if e.Unit != "ns" {
			format = func(v float64) string { return fmt.Sprintf("%.0f", v) }
		}
		word := "within"
		if !e.Within {
			word = "OFF"
			off++
		}
		by := func(v float64) string {
			if v < 0 {
				return "-" + format(-v)
			}
			return "+" + format(v)
		}
		t.add(e.Case, e.Cell, e.Figure, orDash(float64(e.Want), format), orDash(float64(e.Measured), format),
			orDash(float64(e.Measured-e.Want), by), orDash(float64(e.Allowed), format), word, e.Formula)
	}
	p.printf("The oracle: the server misbehaves in ways whose right answer is known; %d of %d figures are within what is allowed\n\n%s",
		len(r.Oracle)-off, len(r.Oracle), t.text())
}
