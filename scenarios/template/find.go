package template

import "bytes"

// JSON returns a Field that finds the path's value in replies that are JSON: a string's
// text, a number, true, false and null as they are written, an array or an object without
// white space. Of several equal keys the last counts, as most readers have it. A prefix such
// as the 42 of Socket.IO may precede an object or an array, and 0x1E may follow it. A reply
// that is not JSON to its end, or more than 512 deep, has no value.
func (p Path) JSON() Field { return &jsonField{search: search{steps: p.steps}} }

// A jsonField is a Field; text is what it last had to write anew.
type jsonField struct {
	search search
	text   []byte
}

// Find implements Field.
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

// A search goes over a text once. Its functions return where what they name ends, or -1.
type search struct {
	p          []byte
	steps      []Step
	found      bool
	begin, end int    // of the value found
	key        []byte // the last with escapes, undone
}

// all searches the reply from i on, and reports whether it is one value to its end.
func (s *search) all(reply []byte, i int) bool {
	s.p, s.found, s.key = reply, false, s.key[:0]
	end := s.value(i, 0, 0)
	s.p = nil
	return end >= 0 && skipTrailer(reply, end) == len(reply)
}

// off is where a search is that has left the path.
const off = -1

// value takes one value, which the first steps of the path have led to.
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

// object takes what follows a brace.
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

// array takes what follows a bracket.
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

// more says whether a comma follows, and where what comes after it begins; or where the
// whole ends with that bracket, -1 where it does not.
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

// is says whether a key with its quotes is that of a step.
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
