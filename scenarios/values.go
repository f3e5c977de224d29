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

// A kind defines the allowed values of a scalar.
type kind[T any] struct {
	expected string // completes "expected …"
	tag      string // the one YAML tag allowed; empty for any
	parse    func(text string) (T, bool)
	allowed  []limits                 // for the schema
	hint     func(text string) string // suggests a value for text that parse rejected; may be nil
	cause    func(text string) string // explains why parse rejected text; may be nil
	hidden   bool                     // do not quote the text, which may be a secret
}

// fits reports whether a scalar is valid, without reporting problems.
func (k kind[T]) fits(n *yaml.Node) bool {
	_, ok := k.parse(n.Value)
	return ok
}

// scalar reads a node, or reports a problem.
func (k kind[T]) scalar(r *reader, path string, n *yaml.Node) (v T, ok bool) {
	written, fromVariable := r.written[n]
	tagFits := k.tag == "" || n.ShortTag() == k.tag || fromVariable && k.tag == "!!str"
	switch {
	case n.Kind == yaml.AliasNode, r.broken[n]: // already reported
		return v, false
	case n.Kind != yaml.ScalarNode, isNull(n), !tagFits:
		r.problem(n, "%s: found %s; expected %s%s", path, r.describe(n), k.expected, k.tagHint(n))
		return v, false
	}
	v, ok = k.parse(n.Value)
	switch {
	case ok:
	case k.hidden && !fromVariable:
		r.problem(n, "%s: invalid value; expected %s", path, k.expected)
	case fromVariable: // its value may be secret
		r.problem(n, "%s: the value of %s is invalid; expected %s", path, quote(written), k.expected)
	case k.cause != nil && k.valueHint(n.Value) == "":
		r.problem(n, "%s: %s: %s", path, quote(n.Value), k.cause(n.Value))
	default:
		r.problem(n, "%s: found %s; expected %s%s", path, quote(n.Value), k.expected, k.valueHint(n.Value))
	}
	return v, ok
}

var shellVariable = regexp.MustCompile(`^\$[A-Za-z_][A-Za-z0-9_]*$`)

// valueHint suggests a value for invalid text.
func (k kind[T]) valueHint(text string) string {
	if userOfURL.MatchString(text) {
		return "" // a hint would show the password
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

// tagHint suggests the notation for a scalar of another type.
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

// text accepts any text.
var text = kind[string]{
	expected: "text (quoted if YAML would read another type)", tag: "!!str", allowed: []limits{{Type: "string"}},
	parse: func(s string) (string, bool) { return s, true },
}

// textPattern accepts text that matches pattern.
func textPattern(expected, pattern string) kind[string] {
	re := regexp.MustCompile(pattern)
	return kind[string]{
		expected: expected, tag: "!!str", allowed: []limits{{Type: "string", Pattern: pattern}},
		parse: func(s string) (string, bool) { return s, re.MatchString(s) },
	}
}

// withNameHint suggests lower case and dashes for invalid names.
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

// oneOf accepts one of words.
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

// integer accepts an integer in a range. YAML reads 010 as 8; here it is invalid.
func integer[T int | int64](least, most T) kind[T] {
	return kind[T]{
		expected: fmt.Sprintf("an integer from %d to %d", least, most), tag: "!!int", hint: integerHint,
		allowed: []limits{{Type: "integer", Least: new(float64(least)), Most: new(float64(most))}},
		parse: func(s string) (T, bool) {
			n, err := strconv.ParseInt(s, 10, 64)
			v := T(n)
			return v, err == nil && v >= least && v <= most && strconv.FormatInt(n, 10) == s
		},
	}
}

// seed accepts any integer.
var seed = func() kind[int64] {
	k := integer[int64](math.MinInt64, math.MaxInt64)
	k.expected, k.allowed = "an integer of at most 64 bits", []limits{{Type: "integer"}}
	return k
}()

const maxDuration = 24 * time.Hour

// duration accepts a Go duration.
func duration(least time.Duration) kind[time.Duration] {
	allowed := []limits{{Type: "string", Pattern: `^\+?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$`}}
	if least == 0 { // 0 needs no unit
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

// Sensible rates for one machine, in messages per second.
const minRate, maxRate = 1e-3, 1e8

var rateForm = regexp.MustCompile(`^(\d+(?:\.\d+)?)(k|M|)/s$`)

// rampRate accepts a rate, or 0/s as the start, end or pause of a ramp.
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

// stageRate is rampRate with another error message.
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
	// Parsing with the exponent rounds only once.
	v, err := strconv.ParseFloat(m[1]+map[string]string{"": "", "k": "e3", "M": "e6"}[m[2]], 64)
	return v, err == nil && v >= minRate && v <= maxRate
}

// FormatRate formats a rate as in scenarios, such as 20k/s. Parsing the result yields exactly r,
// for all valid rates.
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

// size accepts a number of bytes.
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
