package scenarios

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/proto"
)

// A kind is what a scalar may be.
type kind[T any] struct {
	expected string // completes "expected …"
	tag      string // the one YAML tag allowed; empty for any
	parse    func(text string) (T, bool)
	allowed  []limits                 // the same for a schema
	hint     func(text string) string // says more of a text that parse refused; may be nil
	hidden   bool                     // messages do not repeat the text, which may be a secret
}

// fits says whether a scalar is right, and reports nothing.
func (k kind[T]) fits(n *yaml.Node) bool {
	_, ok := k.parse(n.Value)
	return ok
}

// scalar reads a node, or reports what is wrong with it.
func (k kind[T]) scalar(r *reader, path string, n *yaml.Node) (v T, ok bool) {
	written, fromVariable := r.written[n]
	tagFits := k.tag == "" || n.ShortTag() == k.tag || fromVariable && k.tag == "!!str"
	switch {
	case n.Kind == yaml.AliasNode, r.broken[n]: // reported by refuse, or by expand
		return v, false
	case n.Kind != yaml.ScalarNode, isNull(n), !tagFits:
		r.problem(n, "%s: found %s; expected %s%s", path, r.describe(n), k.expected, k.tagHint(n))
		return v, false
	}
	v, ok = k.parse(n.Value)
	switch {
	case ok:
	case k.hidden && !fromVariable:
		r.problem(n, "%s: what is there is wrong; expected %s", path, k.expected)
	case fromVariable: // whose value may be a secret
		r.problem(n, "%s: what %s stands for is wrong; expected %s", path, quote(written), k.expected)
	default:
		r.problem(n, "%s: %s is wrong; expected %s%s", path, quote(n.Value), k.expected, k.valueHint(n.Value))
	}
	return v, ok
}

var shellVariable = regexp.MustCompile(`^\$[A-Za-z_][A-Za-z0-9_]*$`)

// valueHint guesses what was meant by a text that is wrong.
func (k kind[T]) valueHint(text string) string {
	if userOfURL.MatchString(text) {
		return "" // it would spell the password
	}
	if shellVariable.MatchString(text) {
		return fmt.Sprintf("; did you mean ${%s}?", text[1:])
	}
	if parts := strings.Split(text, ","); len(parts) > 1 {
		all := true
		for i, p := range parts {
			parts[i] = strings.TrimSpace(p)
			_, ok := k.parse(parts[i])
			all = all && ok
		}
		if all {
			return fmt.Sprintf("; did you mean the list [%s]?", strings.Join(parts, ", "))
		}
	}
	if k.hint == nil {
		return ""
	}
	return k.hint(text)
}

// tagHint says how a scalar of another type is to be written.
func (k kind[T]) tagHint(n *yaml.Node) string {
	if n.Kind == yaml.SequenceNode {
		return "; did you mean one value, without the brackets?"
	}
	if n.Kind != yaml.ScalarNode || isNull(n) || n.Style&yaml.TaggedStyle != 0 {
		return ""
	}
	_, fits := k.parse(n.Value)
	yes := map[string]string{"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}[strings.ToLower(n.Value)]
	switch {
	case fits && k.tag == "!!str":
		return fmt.Sprintf("; did you mean the text %q, with the quotes?", n.Value)
	case fits:
		return fmt.Sprintf("; did you mean %s, without the quotes?", n.Value)
	case k.tag == "!!bool" && yes != "":
		return fmt.Sprintf("; did you mean %s?", yes)
	case k.tag == "!!int":
		return k.valueHint(n.Value)
	}
	return ""
}

// text takes any text.
var text = kind[string]{
	expected: "text (in quotes where it looks like something else)", tag: "!!str", allowed: []limits{{Type: "string"}},
	parse: func(s string) (string, bool) { return s, true },
}

// textPattern takes text of a form.
func textPattern(expected, pattern string) kind[string] {
	re := regexp.MustCompile(pattern)
	return kind[string]{
		expected: expected, tag: "!!str", allowed: []limits{{Type: "string", Pattern: pattern}},
		parse: func(s string) (string, bool) { return s, re.MatchString(s) },
	}
}

// withNameHint adds to a kind of names a guess: what was given in small letters and dashes.
func withNameHint(k kind[string]) kind[string] {
	k.hint = func(s string) string {
		lower := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(s), "-"), "-")
		if _, ok := k.parse(lower); ok {
			return fmt.Sprintf("; did you mean %q?", lower)
		}
		return ""
	}
	return k
}

var notInNames = regexp.MustCompile(`[^a-z0-9-]+`)

// oneOf takes one of a set of words.
func oneOf(words ...string) kind[string] {
	return kind[string]{
		expected: "one of " + strings.Join(words, ", "), allowed: []limits{{Enum: words}},
		parse: func(s string) (string, bool) { return s, slices.Contains(words, s) },
		hint:  func(s string) string { return nearest(s, words) },
	}
}

var boolean = kind[bool]{
	expected: "true or false", tag: "!!bool", allowed: []limits{{Type: "boolean"}},
	parse: func(s string) (bool, bool) { return s == "true", s == "true" || s == "false" },
}

// integer takes a whole number in a range. YAML reads 010 as 8; here it is wrong.
func integer[T int | int64](least, most T) kind[T] {
	return kind[T]{
		expected: fmt.Sprintf("a whole number from %d to %d", least, most), tag: "!!int", hint: integerHint,
		allowed: []limits{{Type: "integer", Least: new(float64(least)), Most: new(float64(most))}},
		parse: func(s string) (T, bool) {
			n, err := strconv.ParseInt(s, 10, 64)
			v := T(n)
			return v, err == nil && v >= least && v <= most && strconv.FormatInt(n, 10) == s
		},
	}
}

// seed takes any whole number.
var seed = func() kind[int64] {
	k := integer[int64](math.MinInt64, math.MaxInt64)
	k.expected, k.allowed = "a whole number of at most 64 bits", []limits{{Type: "integer"}}
	return k
}()

const maxDuration = 24 * time.Hour

// duration takes a time in Go's syntax.
func duration(least time.Duration) kind[time.Duration] {
	allowed := []limits{{Type: "string", Pattern: `^\+?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$`}}
	if least == 0 { // which alone needs no unit
		allowed = append(allowed, limits{Type: "integer", Least: new(0.0), Most: new(0.0)})
	}
	return kind[time.Duration]{
		expected: fmt.Sprintf("a duration such as 500ms, 10s or 2m, from %v to 24h", least), allowed: allowed, hint: durationHint,
		parse: func(s string) (time.Duration, bool) {
			d, err := time.ParseDuration(s)
			return d, err == nil && d >= least && d <= maxDuration
		},
	}
}

// The rates that make sense to ask of one machine, in messages per second.
const minRate, maxRate = 1e-3, 1e8

var rateForm = regexp.MustCompile(`^(\d+(?:\.\d+)?)(k|M|)/s$`)

// rampRate takes messages per second, and 0/s, at which a ramp begins, pauses or ends.
var rampRate = kind[Rate]{
	expected: "messages per second such as 500/s, 20k/s or 1.5M/s, from 0.001/s to 100M/s", hint: rateHint,
	allowed: []limits{{Type: "string", Pattern: `^\d+(\.\d+)?(k|M|)/s$`}},
	parse: func(s string) (Rate, bool) {
		if m := rateForm.FindStringSubmatch(s); m != nil && strings.Trim(m[1], "0.") == "" {
			return 0, true
		}
		return parseRate(s)
	},
}

// stageRate is rampRate in the words of a stage.
var stageRate = func() kind[Rate] {
	k := rampRate
	k.expected = "messages per second such as 500/s, 20k/s or 1.5M/s, from 0.001/s to 100M/s, or 0/s for none"
	return k
}()

func parseRate(s string) (Rate, bool) {
	m := rateForm.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	// With the power of ten in the text the result is rounded once.
	v, err := strconv.ParseFloat(m[1]+map[string]string{"": "", "k": "e3", "M": "e6"}[m[2]], 64)
	return v, err == nil && v >= minRate && v <= maxRate
}

// FormatRate writes messages per second as a scenario has them, such as 20k/s.
// Reading the text gives exactly r again, for every r that a scenario may have.
func FormatRate(r Rate) string {
	text := func(v float64, unit string) string { return strconv.FormatFloat(v, 'f', -1, 64) + unit }
	candidates := []string{text(r/1e6, "M/s"), text(r/1e3, "k/s")}
	for i, least := range []float64{1e6, 1e3} {
		if v, _ := parseRate(candidates[i]); math.Abs(r) >= least && v == r {
			return candidates[i]
		}
	}
	return text(r, "/s")
}

var (
	sizeForm  = regexp.MustCompile(`^([1-9]\d{0,8}) ?([KM]i?B|B|)$`)
	sizeUnits = map[string]int{"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "KiB": 1 << 10, "MiB": 1 << 20}
)

// size takes bytes.
var size = kind[int]{
	expected: fmt.Sprintf("bytes such as 128, 4KiB or 64KB, from %d to %d (1MiB)", proto.HeaderSize, proto.MaxSize), hint: sizeHint,
	allowed: []limits{
		{Type: "integer", Least: new(float64(proto.HeaderSize)), Most: new(float64(proto.MaxSize))},
		{Type: "string", Pattern: sizeForm.String()},
	},
	parse: func(s string) (int, bool) {
		m := sizeForm.FindStringSubmatch(s)
		if m == nil {
			return 0, false
		}
		n, _ := strconv.Atoi(m[1])
		bytes := int64(n) * int64(sizeUnits[m[2]])
		return int(bytes), bytes <= proto.MaxSize
	},
}
