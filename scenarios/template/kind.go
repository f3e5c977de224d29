package template

import "bytes"

// Kind returns a number that messages of one kind share, for counting them apart: of JSON
// objects those with the same keys and the same values of keys such as type and event, of JSON
// arrays those with the same words in front, of other messages those that begin alike but for
// their digits. It is the same in every run, never 0, and allocates nothing.
func Kind(record []byte) uint64 {
	h := newHash()
	switch i := skipSpace(record, 0); {
	case i < len(record) && record[i] == '{' && skipValue(record, i) > 0:
		h = h.object(record, i+1)
	default:
		at := documentAt(record)
		if at < 0 {
			at = len(record)
		}
		h = h.text(record[:min(at, kindPrefix)])
		switch {
		case at == len(record):
		case record[at] == '{':
			h = h.object(record, at+1)
		default:
			h = h.array(record, at+1)
		}
	}
	return max(1, uint64(h))
}

// kindPrefix is how many bytes of a text say its kind, and kindValue of a value. Up to
// kindNumber, its digits do too.
const (
	kindPrefix = 12
	kindValue  = 40
	kindNumber = 3
)

// kindItems is how many items in front of an array say its kind.
const kindItems = 5

// kindKeys are keys whose values say what a message is.
var kindKeys = [...]string{"type", "event", "op", "method", "kind", "action", "command", "topic", "channel", "status", "msg", "t", "e"}

// A hash is FNV-1a of 64 bits.
type hash uint64

func newHash() hash { return 14695981039346656037 }

func (h hash) byte(b byte) hash { return (h ^ hash(b)) * 1099511628211 }

// text adds a text, all digits taken for the same.
func (h hash) text(p []byte) hash {
	for _, b := range p {
		if b >= '0' && b <= '9' {
			b = '0'
		}
		h = h.byte(b)
	}
	return h
}

// object adds the keys of an object, in any order, and the values that say what it is. p[i:]
// is what follows its brace, and well-formed.
func (h hash) object(p []byte, i int) hash {
	h = h.byte('{')
	for i = skipSpace(p, i); p[i] == '"'; i = skipSpace(p, i+1) {
		end := skipString(p, i)
		key := p[i+1 : end-1]
		one := newHash().text(key)
		i = skipSpace(p, skipSpace(p, end)+1)
		switch end = skipValue(p, i); {
		case !isKindKey(key):
		case end-i <= kindNumber: // a code, such as the type of SignalR
			for _, b := range p[i:end] {
				one = one.byte(b)
			}
		default:
			one = one.scalar(p[i:end])
		}
		h += one
		if i = skipSpace(p, end); p[i] != ',' {
			break
		}
	}
	return h
}

// array adds the words among the first items of an array, likewise.
func (h hash) array(p []byte, i int) hash {
	h, i = h.byte('['), skipSpace(p, i)
	for n := 0; n < kindItems && p[i] != ']'; n++ {
		end := skipValue(p, i)
		h = h.scalar(p[i:end]).byte(',')
		if i = skipSpace(p, end); p[i] != ',' {
			break
		}
		i = skipSpace(p, i+1)
	}
	return h
}

// scalar adds a short text, number, true, false or null, and of any other value its first byte.
func (h hash) scalar(value []byte) hash {
	if value[0] == '{' || value[0] == '[' || len(value) > kindValue {
		value = value[:1]
	}
	return h.text(value)
}

func isKindKey(key []byte) bool {
	for _, k := range kindKeys {
		if len(k) == len(key) && bytes.EqualFold(key, []byte(k)) {
			return true
		}
	}
	return false
}
