package template

import (
	"strconv"
	"strings"
)

// shown shortens user text for a message and makes it printable.
func shown(text string) string {
	const most = 60
	n := 0
	for at := range text {
		if n++; n > most {
			text = text[:at] + "…"
			break
		}
	}
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, text)
}
