package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rtbench/internal/lazyregexp"
	"rtbench/scenarios/spec"
)

// A Selector selects series of a Prometheus metric: those that have the labels, whatever others they have.
type Selector struct {
	Metric string
	Labels []Pair
}

// String returns the selector as Prometheus writes it.
func (s Selector) String() string {
	if len(s.Labels) == 0 {
		return s.Metric
	}
	var labels []string
	for _, l := range s.Labels {
		labels = append(labels, l.Name+"="+strconv.Quote(l.Value))
	}
	return s.Metric + "{" + strings.Join(labels, ",") + "}"
}

var (
	metricHead = lazyregexp.New(`^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*`)
	labelPair  = lazyregexp.New(`^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*("(?:[^"\\\n]|\\.)*")\s*`)
)

// selectorText accepts a Selector.
var selectorText = spec.Kind[Selector]{
	Expected: `the name of a Prometheus metric, with labels if needed: app_requests_total{route="/ws"}`, Tag: "!!str",
	Allowed: []spec.Limits{{Type: "string", Pattern: `^\s*[a-zA-Z_:][a-zA-Z0-9_:]*\s*(\{.*\}\s*)?$`}},
	Parse: func(s string) (Selector, bool) {
		parsed, err := ParseSelector(s)
		return parsed, err == nil
	},
	Cause: func(s string) string {
		_, err := ParseSelector(s)
		return err.Error()
	},
}

// ParseSelector parses a name, perhaps with labels in braces, each with = and a text in double quotes.
func ParseSelector(text string) (Selector, error) {
	const most = 1000
	m := metricHead.FindStringSubmatch(text)
	switch {
	case len(text) > most:
		return Selector{}, fmt.Errorf("%d bytes; expected at most %d", len(text), most)
	case m == nil:
		return Selector{}, fmt.Errorf("expected the name of a metric first, such as app_requests_total")
	}
	s := Selector{Metric: m[1]}
	rest := text[len(m[0]):]
	if rest == "" {
		return s, nil
	}
	rest, braced := strings.CutPrefix(rest, "{")
	if !braced {
		return s, fmt.Errorf("found %s after the name; expected labels in braces, such as {route=\"/ws\"}", spec.Quote(rest))
	}
	return s, s.parseLabels(rest)
}

// parseLabels parses labels up to the closing brace.
func (s *Selector) parseLabels(rest string) error {
	for {
		if after, closed := strings.CutPrefix(strings.TrimLeft(rest, " \t"), "}"); closed {
			if strings.TrimSpace(after) != "" {
				return fmt.Errorf("found %s after the labels; expected the end", spec.Quote(after))
			}
			return nil
		}
		m := labelPair.FindStringSubmatch(rest)
		if m == nil {
			return fmt.Errorf("found %s in the labels; expected NAME=\"VALUE\", separated by commas (no =~ or !=)", spec.Quote(rest))
		}
		value, err := strconv.Unquote(m[2])
		if err != nil {
			return fmt.Errorf("found the text %s; expected a backslash only before n, \\ and \"", spec.Quote(m[2]))
		}
		if slices.ContainsFunc(s.Labels, func(l Pair) bool { return l.Name == m[1] }) {
			return fmt.Errorf("found label %s twice; expected it once", m[1])
		}
		s.Labels = append(s.Labels, Pair{m[1], value})
		rest = rest[len(m[0]):]
		if after, more := strings.CutPrefix(rest, ","); more {
			rest = after
		} else if !strings.HasPrefix(rest, "}") {
			return fmt.Errorf("found %s in the labels; expected a comma or a closing brace", spec.Quote(rest))
		}
	}
}
