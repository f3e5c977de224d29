package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"rtbench/report/result"
)

// benchName returns a benchmark name with the cell's axes as key=value, free of the format's
// separators.
func benchName(c result.Config, procs int) string {
	first, size := utf8.DecodeRuneInString(c.Scenario)
	parts := []string{"Benchmark" + noSlash(string(unicode.ToUpper(first))+c.Scenario[size:]), "pattern=" + noSlash(c.Pattern)}
	if c.Axes != "" {
		parts = append(parts, c.Axes)
	}
	name := noSpace(strings.Join(append(parts, "protocol="+noSlash(c.Protocol)), "/"))
	if procs > 0 { // as go test does; otherwise a protocol that ends in -2 would look like GOMAXPROCS 2
		name += fmt.Sprintf("-%d", procs)
	}
	return name
}

// unlessZero formats v; empty for 0.
func unlessZero[V comparable](v V, format func(V) string) string {
	var zero V
	if v == zero {
		return ""
	}
	return format(v)
}

// sizeOf returns the message size; empty if only the custom target knows it.
func sizeOf(c result.Config) string {
	if c.Size == 0 && c.API == result.CustomAPI {
		return ""
	}
	return strconv.Itoa(c.Size)
}

func noSlash(s string) string { return strings.ReplaceAll(s, "/", "_") }

func noSpace(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return '_'
		}
		return r
	}, s)
}

// oneLine turns text into one line of limited length, because other programs read line by line and
// error messages may contain anything.
func oneLine(s string) string {
	const most = 400
	return result.Shorten(result.Printable(strings.ToValidUTF8(s, "\uFFFD")), most)
}
