package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"rtbench/report/result"
)

// OracleText compares metrics with their known values. It returns w's error.
func OracleText(w io.Writer, r *result.Result) error {
	p := &printer{w: w}
	p.oracle(r)
	p.environment(r)
	return p.err
}

// oracle prints a table with a row per metric and, for each protocol, the deviation from the known
// value. It leaves out counts that are 0 as expected, and prints nothing without an oracle.
func (p *printer) oracle(r *result.Result) {
	if len(r.Oracle) == 0 {
		return
	}
	var protocols []string
	var off, again int
	for _, e := range r.Oracle {
		protocols = append(protocols, e.Protocol)
		if !e.Within {
			off++
		}
		if e.First != 0 {
			again++
		}
	}
	p.printf("Oracle: the server injects faults with known effects.\n")
	p.printf("%d of %d values are within tolerance: 2 %% plus the noise of the same cell without the fault; counts must be exact.\n", len(r.Oracle)-off, len(r.Oracle))
	if again > 0 {
		p.printf("%s exceeded the tolerance in a first run, so these cases ran again: noise of the machine rarely does so twice.\n", result.Plural(again, "value"))
	}
	p.printf("\n")
	p.printf("%s", oracleTable(r, result.Unique(protocols)).text())
	for _, e := range r.Oracle {
		if !e.Within {
			p.printf("  ! OFF: %s, %s: expected %s (%s), measured %s, tolerance ±%s\n", e.Cell, e.Metric,
				oracleValue(e, e.Want), e.Formula, oracleValue(e, e.Measured), oracleValue(e, e.Allowed))
		}
		if e.First != 0 {
			p.printf("  again: %s, %s: %s in the first run, %s in the second; expected %s ±%s\n", e.Cell, e.Metric,
				oracleValue(e, e.First), oracleValue(e, e.Measured), oracleValue(e, e.Want), oracleValue(e, e.Allowed))
		}
	}
}

func oracleTable(r *result.Result, protocols []string) *table {
	t := newTable(append([]string{"case", "pattern", "metric", "closed form", "expected"}, protocols...)...)
	type key struct{ name, pattern, metric string }
	var rows Grouped[key, result.Expectation]
	for _, e := range r.Oracle {
		if e.Want == 0 && e.Within {
			continue
		}
		rows.Add(key{e.Case, cellPattern(r, e.Cell), e.Metric}, e)
	}
	for _, k := range rows.Keys {
		es := rows.Of[k]
		line := []string{k.name, k.pattern, k.metric, es[0].Formula, oracleRange(es)}
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

// oracleRange formats the known values, which differ between protocols by their floors.
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

// oracleOff formats the deviation of a protocol: percent of a time, or the difference of a count.
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
