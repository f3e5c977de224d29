package spec

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Manual describes each key in comments, with an example or the default as its value. Keys with an
// example that excludes others are comments, and so are the keys of lists.
func Manual(keys []Key) string {
	var b strings.Builder
	manual(&b, "", "", keys)
	return b.String()
}

// manual writes keys after lead, which is "# " if they are comments.
func manual(b *strings.Builder, lead, indent string, keys []Key) {
	for _, k := range keys {
		example, excluded := strings.CutPrefix(k.Example, "# ")
		if example == "" {
			example = k.Default
		}
		lead, below := lead, lead
		if excluded {
			lead, below = "# ", "# "
		}
		if len(k.Value.Keys) > 0 && example != "" || !k.Value.isSection() {
			below = "# "
		}
		line := strings.TrimRight(lead+indent+k.Name+": "+example, " ")
		for _, text := range wrapped(k.Doc) {
			if utf8.RuneCountInString(line) > commentAt-2 {
				fmt.Fprintln(b, line)
				line = ""
			}
			fmt.Fprintf(b, "%-*s# %s\n", commentAt, line, text)
			line = ""
		}
		if !k.Value.Named && (k.Example == "" || excluded || !k.Value.isSection()) {
			manual(b, below, indent+"  ", k.Value.Keys)
		}
	}
}

// commentAt is the column of comments in manuals.
const commentAt = 31

// wrapped returns text in lines that fit beside the values.
func wrapped(text string) (lines []string) {
	const width = 63
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line+" "+word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}
