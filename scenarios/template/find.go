package template

import "bytes"

// JSON returns a Field that finds the value of a path in JSON replies: the text of a string;
// numbers, true, false and null as written; arrays and objects without white space. The last of
// several equal keys counts. A prefix such as the 42 of Socket.IO may precede an object or array,
// and 0x1E may follow it. Replies that are invalid JSON or nested deeper than 512 have no value.
func (p Path) JSON() Field { return &jsonField{search: search{steps: p.steps}} }

// A jsonField is a Field; text is a buffer for values that must be rewritten.
type jsonField struct {
	search search
	text   []byte
}

func (f *jsonField) Find(reply []byte) ([]byte, bool) {
	s := &f.search
	if !s.all(reply, skipSpace(reply, 0)) {
		at := documentAt(reply)
		if at <= 0 || !s.all(reply, at) {
			return nil, false
		}
	}
	if !s.found {
		return nil, false
	}
	value := reply[s.begin:s.end]
	switch value[0] {
	case '"':
		if bytes.IndexByte(value, '\\') < 0 {
			return value[1 : len(value)-1], true
		}
		f.text = appendUnquoted(f.text[:0], value)
	case '{', '[':
		f.text = appendCompact(f.text[:0], value)
	default:
		return value, true
	}
	return f.text, true
}

// A search scans a text once. Its methods return the end of the item they consume, or -1.
type search struct {
	p          []byte
	steps      []Step
	found      bool
	begin, end int    // of the found value
	key        []byte // last string with escapes decoded
}

// all searches the reply from i on, and reports whether it is a single value.
func (s *search) all(reply []byte, i int) bool {
	s.p, s.found, s.key = reply, false, s.key[:0]
	end := s.value(i, 0, 0)
	s.p = nil
	return end >= 0 && skipTrailer(reply, end) == len(reply)
}

// off marks a value outside the path.
const off = -1

// value consumes a value reached by the first steps of the path.
func (s *search) value(i, taken, depth int) int {
	if depth > maxDepth || i >= len(s.p) {
		return -1
	}
	begin, wanted := i, taken == len(s.steps)
	if wanted {
		taken = off
	}
	switch s.p[i] {
	case '{':
		i = s.object(i+1, taken, depth+1)
	case '[':
		i = s.array(i+1, taken, depth+1)
	default:
		i = skipScalar(s.p, i)
	}
	if wanted {
		s.found, s.begin, s.end = true, begin, i
	}
	return i
}

// object consumes an object after its brace.
func (s *search) object(i, taken, depth int) int {
	if i = skipSpace(s.p, i); i < len(s.p) && s.p[i] == '}' {
		return i + 1
	}
	for {
		end := skipString(s.p, i)
		if end < 0 {
			return -1
		}
		next := off
		if taken != off && s.is(s.p[i:end], &s.steps[taken]) {
			next, s.found = taken+1, false
		}
		if i = skipSpace(s.p, end); i >= len(s.p) || s.p[i] != ':' {
			return -1
		}
		if i = s.value(skipSpace(s.p, i+1), next, depth); i < 0 {
			return -1
		}
		more, after := s.more(i, '}')
		if !more {
			return after
		}
		i = after
	}
}

// array consumes an array after its bracket.
func (s *search) array(i, taken, depth int) int {
	if i = skipSpace(s.p, i); i < len(s.p) && s.p[i] == ']' {
		return i + 1
	}
	for n := 0; ; n++ {
		next := off
		if taken != off && s.steps[taken].IsIndex && s.steps[taken].Index == n {
			next = taken + 1
		}
		if i = s.value(i, next, depth); i < 0 {
			return -1
		}
		more, after := s.more(i, ']')
		if !more {
			return after
		}
		i = after
	}
}

// more reports whether a comma follows, with the start of the next item, or else the end after the
// closing bracket; -1 if neither follows.
func (s *search) more(i int, bracket byte) (more bool, after int) {
	i = skipSpace(s.p, i)
	switch {
	case i >= len(s.p):
		return false, -1
	case s.p[i] == ',':
		return true, skipSpace(s.p, i+1)
	case s.p[i] == bracket:
		return false, i + 1
	}
	return false, -1
}

// is reports whether a quoted key equals the key of a step.
func (s *search) is(quoted []byte, step *Step) bool {
	if step.IsIndex {
		return false
	}
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == step.Key
	}
	s.key = appendUnquoted(s.key[:0], quoted)
	return string(s.key) == step.Key
}
