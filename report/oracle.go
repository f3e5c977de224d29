package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

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

// oracle is the table of figures of known answer: a line for each, a column for
// each protocol with what it is off by. Counts that must be 0 and are have no
// line. Nothing where there are none.
func (p *printer) oracle(r *result.Result) {
	if len(r.Oracle) == 0 {
		return
	}
	var protocols []string
	off := 0
	for _, e := range r.Oracle {
		if !slices.Contains(protocols, e.Protocol) {
			protocols = append(protocols, e.Protocol)
		}
		if !e.Within {
			off++
		}
	}
	p.printf("The oracle: the server misbehaves in ways whose right answer is known.\n")
	p.printf("%d of %d figures are within what is allowed: 2 %% and what the same cell without a fault shows as noise; counts are exact.\n\n", len(r.Oracle)-off, len(r.Oracle))
	p.printf("%s", oracleTable(r, protocols).text())
	for _, e := range r.Oracle {
		if !e.Within {
			p.printf("  ! OFF: %s, %s: known answer %s (%s), measured %s, allowed ±%s\n", e.Cell, e.Metric,
				oracleValue(e, e.Want), e.Formula, oracleValue(e, e.Measured), oracleValue(e, e.Allowed))
		}
	}
}

func oracleTable(r *result.Result, protocols []string) *table {
	t := &table{}
	t.add(append([]string{"case", "pattern", "figure", "closed form", "known answer"}, protocols...)...)
	t.addRule()
	type key struct{ name, pattern, figure string }
	var keys []key
	rows := map[key][]result.Expectation{}
	for _, e := range r.Oracle {
		if e.Want == 0 && e.Within {
			continue
		}
		k := key{e.Case, cellPattern(r, e.Cell), e.Metric}
		if rows[k] == nil {
			keys = append(keys, k)
		}
		rows[k] = append(rows[k], e)
	}
	for _, k := range keys {
		es := rows[k]
		line := []string{k.name, k.pattern, k.figure, es[0].Formula, oracleRange(es)}
		for _, protocol := range protocols {
			line = append(line, oracleOff(es, protocol))
		}
		t.add(line...)
	}
	return t
}

func cellPattern(r *result.Result, cell string) string {
	if c := r.Cell(cell); c != nil {
		return c.Config.Pattern
	}
	return result.Unknown
}

// oracleRange is the known answer, which differs by what each protocol's floor
// adds.
func oracleRange(es []result.Expectation) string {
	low, high := es[0], es[0]
	for _, e := range es {
		if e.Want < low.Want {
			low = e
		}
		if e.Want > high.Want {
			high = e
		}
	}
	a, b := oracleValue(low, low.Want), oracleValue(high, high.Want)
	if a == b {
		return a
	}
	return a + result.Unknown + b
}

func oracleValue(e result.Expectation, v result.Number) string {
	if e.Unit == "ns" || !v.Known() {
		return result.Duration(float64(v))
	}
	return fmt.Sprintf("%.0f", float64(v))
}

// oracleOff is what a protocol is off by: per cent of the known time, or the
// count.
func oracleOff(es []result.Expectation, protocol string) string {
	i := slices.IndexFunc(es, func(e result.Expectation) bool { return e.Protocol == protocol })
	if i < 0 {
		return result.Unknown
	}
	e := es[i]
	text := result.Unknown
	switch {
	case !e.Measured.Known() || !e.Want.Known():
	case e.Unit == "ns" && e.Want > 0:
		text = fmt.Sprintf("%+.2f %%", 100*float64(e.Measured-e.Want)/float64(e.Want))
	case e.Measured == e.Want:
		text = "exact"
	default:
		text = strings.Replace(fmt.Sprintf("%+.0f", float64(e.Measured-e.Want)), "+0", "0", 1)
	}
	if !e.Within {
		text += " OFF"
	}
	return text
}
