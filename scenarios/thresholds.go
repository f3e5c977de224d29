package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/internal/lazyregexp"
	"rtbench/proto/quantity"
	"rtbench/scenarios/spec"
)

// conditionText parses a condition such as `p(99) < 5ms`.
var conditionText = spec.Kind[compiled]{
	Expected: "a condition such as `p(99) < 5ms`, `lost == 0` or `throughput >= 4.9k/s`",
	Allowed:  []spec.Limits{{Type: "string"}},
	Parse: func(s string) (compiled, bool) {
		t, err := compile(s)
		return t, err == nil
	},
	Cause: func(s string) string {
		_, err := compile(s)
		return explain(s, err)
	},
}

// conditionDoc lists the metrics.
var conditionDoc = func() string {
	var percentiles, others []string
	for _, q := range quantity.All {
		switch {
		case q.Distribution && q.About != "":
			percentiles = append(percentiles, fmt.Sprintf("%s (%s)", q.Name, q.About))
		case q.Distribution:
			percentiles = append(percentiles, q.Name)
		case q.About != "":
			others = append(others, fmt.Sprintf("%s (%s)", q.Name, q.About))
		default:
			others = append(others, q.Name)
		}
	}
	last := len(percentiles) - 1
	return fmt.Sprintf("Condition such as `p(99) < 5ms`, `lost == 0` or `throughput >= 4.9k/s`. Times need a unit; shares may be percentages, as in `failed_rate < 0.1%%`. Metrics: %s and %s (of a percentile), %s, server.NAME for the server's own metrics of target.stats, and base.NAME for the same cell of a baseline.",
		strings.Join(percentiles[:last], ", "), percentiles[last], strings.Join(others, ", "))
}()

// thresholds reads a condition, or a list of conditions and mappings.
func thresholds(into *[]Threshold) spec.Value {
	v := spec.Each(into, "a value, or no key for the default", func(t *Threshold) spec.Value {
		return spec.If(t.value(), func(r *spec.Reader, path string, n *yaml.Node) {
			if t.Condition != "" && slices.ContainsFunc(*into, func(o Threshold) bool { return o.String() == t.String() }) {
				r.Problem(n, path, ": found %s twice; expected each value once", spec.Quote(t.String()))
			}
		})
	})
	v.Many, v.List = false, true
	return v
}

// value reads a condition, or keys.
func (t *Threshold) value() spec.Value {
	condition := spec.One(&t.compiled, conditionText)
	keys := spec.Section(
		spec.Key{Name: "condition", Was: "that", Also: "expr threshold check", Value: condition, Required: "one such as {condition: p(99) < 5ms, window: 1s}", Doc: conditionDoc},
		spec.Key{Name: "window", Value: spec.One(&t.Window, spec.Duration(10*time.Millisecond)), Doc: "Length of the windows of the steady phase that must each satisfy the condition. Default 0s: the whole phase."},
		spec.Key{Name: "after", Value: spec.One(&t.After, spec.Duration(0)), Doc: "Start of the check: earlier windows are not checked, and abort has no effect before."},
		spec.Key{Name: "abort", Also: "abortonfail abort_on_fail stop fail", Value: spec.One(&t.Abort, spec.Bool), Doc: "End the run as soon as the condition fails."},
	)
	sh := keys.Shape
	sh.Unknown = asCondition
	keys.Read = func(r *spec.Reader, path string, n *yaml.Node) {
		r.Mapping(path, n, sh)
		for _, problem := range t.misplaced() {
			r.Problem(n, path, ": %s", problem)
		}
	}
	alone := condition
	alone.Read = func(r *spec.Reader, path string, n *yaml.Node) {
		list, _, _ := strings.Cut(path, "[") // its position tells which it is
		condition.Read(r, list, n)
	}
	return spec.Either("", alone, keys)
}

var percentileKey = lazyregexp.New(`^(p|service|lag|ttft|itl|tpot|answer)_?\(?(\d+(?:\.\d+)?)\)?$`)

// asCondition returns the message for a condition as a key and its value, such as `p99: 5ms`; empty
// if it is not one.
func asCondition(key, value *yaml.Node) string {
	if value.Kind != yaml.ScalarNode {
		return ""
	}
	left, right := key.Value, strings.TrimSpace(value.Value)
	if m := percentileKey.FindStringSubmatch(left); m != nil {
		left = fmt.Sprintf("%s(%s)", m[1], m[2])
	}
	if !strings.ContainsAny(right[:min(1, len(right))], "<>=!") {
		right = "< " + right
	}
	text := left + " " + right
	if _, err := compile(text); err != nil {
		return ""
	}
	return fmt.Sprintf("found a condition as a key and a value; expected one text; did you mean `- %s`?", text)
}
