package scenarios

import (
	"fmt"
	"strings"

	"rtbench/internal/lazyregexp"
	"rtbench/proto/quantity"
	"rtbench/scenarios/spec"
)

var (
	percentileWord = lazyregexp.New(`^(p|service|lag|ttft|itl|tpot|answer)_?(\d+)$`)
	unknownWord    = lazyregexp.New(`unknown (?:name|field) (\w+)`)
	unitApart      = lazyregexp.New(`\d[ \t]+(ns|us|µs|μs|ms|s|m|k/s|M/s|/s|KiB|MiB|KB|MB|B)(\W|$)`)
	countBefore    = lazyregexp.New(`\b(errors|failed|lost|not_sent)\s*([<>]=?|==)\s*` + percentage.String())
	unexpected     = lazyregexp.New(`^unexpected token \w+\("(.+)"\)$`)
	exprPlace      = lazyregexp.New(` \(\d+:\d+\)$`)
)

// explain returns the reason why a condition does not compile.
func explain(text string, err error) string {
	first := firstLine(err)
	if m := unknownWord.FindStringSubmatch(first); m != nil {
		words, withSynonyms := namesOf(func(quantity.Quantity) bool { return true }), []string{}
		for _, q := range quantity.All {
			withSynonyms = append(withSynonyms, q.Name+" "+q.Synonyms)
		}
		if p := percentileWord.FindStringSubmatch(m[1]); p != nil {
			return fmt.Sprintf("%s is not a metric; did you mean %s(%s)?", m[1], p[1], p[2])
		}
		return fmt.Sprintf("unknown metric %q; expected one of %s%s", m[1], strings.Join(words, ", "), spec.Nearest(m[1], withSynonyms...))
	}
	if strings.Contains(first, "func(float64)") {
		return "a time needs a percentile, as in p(99)"
	}
	if strings.Contains(first, "map[string]") {
		return "server and base are not metrics; expected a name after them, such as server.queue_max or base.p(99)"
	}
	if strings.Contains(first, "invalid integer literal") || strings.Contains(first, "invalid float literal") {
		return "a number is too large"
	}
	if m := unitApart.FindStringSubmatch(text); m != nil && strings.HasPrefix(first, "unexpected token") {
		return fmt.Sprintf("a space before the unit; expected it next to its number, such as 5%s", m[1])
	}
	switch {
	case strings.Contains(first, `Operator("=")`):
		return "found =; did you mean ==?"
	case strings.Contains(first, "token EOF"):
		return "incomplete condition"
	case strings.HasPrefix(first, "expected bool, but got"):
		return "no comparison; expected one such as p(99) < 5ms"
	}
	if m := unexpected.FindStringSubmatch(first); m != nil {
		return fmt.Sprintf("unexpected %s; expected a condition such as p(99) < 5ms", m[1])
	}
	return first
}

// firstLine drops expr's drawing and its position, which refers to the expanded text.
func firstLine(err error) string {
	first, _, _ := strings.Cut(err.Error(), "\n")
	return exprPlace.ReplaceAllString(first, "")
}
