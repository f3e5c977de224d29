package draft

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"rtbench/internal/lazyregexp"
)

// Text returns the draft as YAML. Known secrets in it are replaced by their variables.
func (d *Draft) Text() []byte {
	w := &writer{secrets: &d.Secrets}
	for _, line := range d.Head {
		w.comment("", line)
	}
	w.key("", Key{Name: "name", Value: Text(d.Name)})
	if d.About != "" {
		w.key("", Key{Name: "about", Value: Text(d.About)})
	}
	w.target(d)
	for _, k := range d.Keys {
		w.key("", k)
	}
	w.load(d.Load)
	return []byte(w.out.String())
}

type writer struct {
	out     strings.Builder
	secrets *Secrets
}

// target writes the target as keys, which make it a custom target whatever the URL.
func (w *writer) target(d *Draft) {
	fmt.Fprintln(&w.out, "target:")
	if len(d.Endpoint) == 0 {
		w.key("  ", Key{Name: d.Protocol, Value: Text(d.URL)})
	} else {
		fmt.Fprintf(&w.out, "  %s:\n", d.Protocol)
		w.key("    ", Key{Name: "url", Value: Text(d.URL)})
	}
	for _, k := range d.Endpoint {
		w.key("    ", k)
	}
	for _, k := range d.Target {
		w.key("  ", k)
	}
}

func (w *writer) load(l Load) {
	var pairs []Key
	if l.Rate != "" {
		pairs = append(pairs, Key{Name: "rate", Value: Plain(l.Rate)})
	}
	if l.Arrivals != "" {
		pairs = append(pairs, Key{Name: "arrivals", Value: Plain(l.Arrivals)})
	}
	pairs = append(pairs, Key{Name: "connections", Value: Plain(strconv.Itoa(max(1, l.Connections)))})
	w.key("", Key{"load", Map(pairs...), l.Comment})
	w.key("", Key{Name: "phases", Value: Map(Key{Name: "warmup", Value: Plain("1s")}, Key{Name: "steady", Value: Plain(l.Duration)})})
	if l.Repetitions > 1 {
		w.key("", Key{Name: "repetitions", Value: Plain(strconv.Itoa(l.Repetitions))})
	}
	w.key("", Key{Name: "thresholds", Value: List(Text("lost == 0 && errors == 0"))})
}

// Columns of comments, and the width beyond which a comment stands above its key.
const (
	commentAt = 50
	width     = 110
)

// key writes a key; a list on several lines.
func (w *writer) key(indent string, k Key) {
	if k.Value.list && len(k.Value.items) > 0 && indent == "" {
		if k.Comment != "" {
			w.comment(indent, k.Comment)
		}
		fmt.Fprintf(&w.out, "%s:\n", w.quote(k.Name))
		for _, item := range k.Value.items {
			w.line("  ", "- "+w.inline(item), item.comment)
		}
		return
	}
	w.line(indent, w.quote(k.Name)+": "+w.inline(k.Value), k.Comment)
}

// line writes a line with its comment after it, or above it if both are long.
func (w *writer) line(indent, text, comment string) {
	comment = w.secrets.hide(Printable(comment))
	padded := fmt.Sprintf("%-*s", commentAt-len(indent), text)
	switch {
	case comment == "":
		fmt.Fprintln(&w.out, indent+text)
	case utf8.RuneCountInString(indent+padded)+len(comment)+3 <= width:
		fmt.Fprintf(&w.out, "%s%s # %s\n", indent, padded, comment)
	default:
		w.comment(indent, comment)
		fmt.Fprintln(&w.out, indent+text)
	}
}

// comment writes a comment on lines of its own.
func (w *writer) comment(indent, text string) {
	line := indent + "#"
	for word := range strings.FieldsSeq(w.secrets.hide(Printable(text))) {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			fmt.Fprintln(&w.out, line)
			line = indent + "#"
		}
		line += " " + word
	}
	fmt.Fprintln(&w.out, line)
}

// Printable replaces control characters by spaces.
func Printable(s string) string {
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(s, "?"))
}

// inline returns a value on one line.
func (w *writer) inline(v Value) string {
	var parts []string
	switch {
	case v.list:
		for _, item := range v.items {
			parts = append(parts, w.inline(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case len(v.pairs) > 0:
		for _, p := range v.pairs {
			parts = append(parts, w.quote(p.Name)+": "+w.inline(p.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case v.plain:
		return v.text
	}
	return w.quote(w.secrets.replace(v.text))
}

// plainText matches text that YAML reads as text without quotes, also within brackets.
var plainText = lazyregexp.New(`^[A-Za-z/][A-Za-z0-9/._:-]*[A-Za-z0-9/._-]$|^[A-Za-z]$`)

// notText matches words that YAML takes for something else than text.
var notText = lazyregexp.New(`(?i)^(true|false|null|yes|no|on|off|y|n|\.?(nan|inf))$`)

// quote returns text as a YAML scalar, with the fewest escapes.
func (w *writer) quote(s string) string {
	switch {
	case plainText.MatchString(s) && !notText.MatchString(s):
		return s
	case utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }):
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return doubleQuoted(s)
}

// doubleQuoted returns text with the escapes that YAML has.
func doubleQuoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(c):
			b.WriteRune(c)
		case c > 0xffff:
			fmt.Fprintf(&b, `\U%08X`, c)
		default:
			fmt.Fprintf(&b, `\u%04X`, c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
