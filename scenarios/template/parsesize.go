package template

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"rtbench/proto"
	"rtbench/scenarios/suggest"
)

const choiceForm = "choice(SIZE: WEIGHT, …) such as choice(100: 9, 10KiB: 1)"

// ParseSize parses a size: bytes such as 128, 4KiB or 64KB, or a distribution: uniform(LEAST,
// MOST), inclusive; normal(MEAN, DEVIATION); lognormal(MEDIAN, SIGMA), with SIGMA of the
// logarithm; exponential(MEAN); choice(SIZE: WEIGHT, …). The error is a *SyntaxError.
func ParseSize(text string) (Size, error) {
	trimmed := strings.TrimSpace(text)
	name, rest, called := strings.Cut(trimmed, "(")
	if !called {
		n, ok := bytesOf(trimmed)
		if !ok {
			return Size{}, wrong(0, "size: found %s; expected bytes such as 128 or 4KiB, at most 1MiB, or %s%s", cmp.Or(shown(text), "nothing"), sizeForms(), meantSize(trimmed))
		}
		return Size{fixed: int(n)}, nil
	}
	name = strings.TrimSpace(name)
	inside, ended := strings.CutSuffix(rest, ")")
	if !ended {
		return Size{}, wrong(len(text), "size %s: missing ) at the end", shown(text))
	}
	if name == "choice" {
		return parseChoice(inside)
	}
	return parseDistribution(name, inside)
}

func parseDistribution(name, inside string) (Size, error) {
	for _, d := range distributions {
		if d.name != name {
			continue
		}
		words := strings.Split(inside, ",")
		a, ok := bytesOf(words[0])
		b, good := d.other(words[1:], a)
		if !ok || !good || a < 1 && d.second != upperSize {
			return Size{}, wrong(0, "size: found %s(%s); expected %s, sizes at most 1MiB", name, shown(inside), d.form)
		}
		return Size{draw: d.make(a, b)}, nil
	}
	return Size{}, wrong(0, "size: unknown distribution %s(…); expected %s%s", shown(name), sizeForms(), meantSize(name))
}

// other parses the parameters after the first, a.
func (d distribution) other(words []string, a float64) (b float64, ok bool) {
	if d.second == noSecond {
		return 0, len(words) == 0
	}
	if len(words) != 1 {
		return 0, false
	}
	if d.second == plainNumber {
		b, err := strconv.ParseFloat(strings.TrimSpace(words[0]), 64)
		return b, err == nil && b >= 0 && b <= 10
	}
	b, ok = bytesOf(words[0])
	return b, ok && (d.second != upperSize || b >= a)
}

// maxChoices limits the linear search per message.
const maxChoices = 64

func parseChoice(inside string) (Size, error) {
	var sizes, weights, until []float64
	total := 0.0
	for pair := range strings.SplitSeq(inside, ",") {
		before, after, found := strings.Cut(pair, ":")
		n, ok := bytesOf(before)
		weight, err := strconv.ParseFloat(strings.TrimSpace(after), 64)
		if !found || !ok || err != nil || !(weight > 0 && weight <= math.MaxInt32) {
			return Size{}, wrong(0, "choice: found %s; expected %s, weights above 0", shown(strings.TrimSpace(pair)), choiceForm)
		}
		sizes, weights = append(sizes, n), append(weights, weight)
		total += weight
	}
	if len(sizes) > maxChoices {
		return Size{}, wrong(0, "choice: found %d sizes; expected at most %d", len(sizes), maxChoices)
	}
	sum := 0.0
	for _, w := range weights {
		sum += w
		until = append(until, sum/total)
	}
	return Size{draw: choose(sizes, until)}, nil
}

var units = []struct {
	name  string
	bytes float64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"KB", 1e3}, {"MB", 1e6}, {"B", 1}, {"", 1}}

// bytesOf parses a number of bytes up to 1 MiB.
func bytesOf(text string) (float64, bool) {
	text = strings.TrimSpace(text)
	for _, u := range units {
		if number, ok := strings.CutSuffix(text, u.name); ok {
			n, err := strconv.ParseUint(strings.TrimSuffix(number, " "), 10, 31)
			bytes := float64(n) * u.bytes
			return bytes, err == nil && bytes <= proto.MaxSize
		}
	}
	return 0, false
}

func sizeForms() string {
	var forms []string
	for _, d := range distributions {
		form, _, _ := strings.Cut(d.form, " such")
		forms = append(forms, form)
	}
	return strings.Join(forms, ", ") + " or choice(SIZE: WEIGHT, …)"
}

// meantSize suggests a distribution, or a unit in another case.
func meantSize(name string) string {
	words := []string{"choice"}
	for _, d := range distributions {
		words = append(words, d.name)
	}
	if n := suggest.Nearest(name, words); n != "" {
		return "; did you mean " + n + "?"
	}
	number := strings.TrimRight(name, "kKmMiIbB ")
	for _, u := range units {
		if _, ok := bytesOf(number); ok && strings.EqualFold(strings.TrimSpace(name[len(number):]), u.name) {
			return "; did you mean " + number + u.name + "?"
		}
	}
	return ""
}
