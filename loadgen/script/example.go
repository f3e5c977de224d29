package script

import (
	"strings"
	"unicode"

	"rtbench/scenarios/template"
)

// maxExample bounds an example, in bytes.
const maxExample = 200

// Example returns a readable form of a message, truncated, with secrets masked.
func (s *Script) Example(b []byte) string {
	broken := s.Show == nil && !template.IsJSON(b)
	if s.Mask != nil {
		b = s.Mask(b)
	}
	if s.Show != nil {
		return s.Show(b)
	}
	text := strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '.'
		}
		return c
	}, string(b[:min(len(b), maxExample)]))
	if len(b) > maxExample {
		text += "…"
	}
	if start := strings.TrimSpace(text); start != "" && (start[0] == '{' || start[0] == '[') && broken {
		text += " (incomplete JSON)"
	}
	return text
}

// KindOf returns the same number for messages of one kind.
func (s *Script) KindOf(b []byte) uint64 {
	if s.Kind != nil {
		return s.Kind(b)
	}
	return template.Kind(b)
}
