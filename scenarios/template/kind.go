package template

import "bytes"

// Kind returns a hash that messages of one kind share, for counting them by kind: JSON objects
// with the same keys and the same values of keys such as type and event, JSON arrays with the same
// leading words, and other messages with the same beginning except for digits. It is stable across
// runs, never 0, and allocates nothing.
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

// kindPrefix and kindValue limit the hashed bytes of a text and of a value. Numbers up to
// kindNumber are hashed with their digits.
const (
	kindPrefix = 12
	kindValue  = 40
	kindNumber = 3
)

// kindItems limits the hashed items of an array.
const kindItems = 5

// kindKeys are the keys whose values are hashed.
var kindKeys = [...]string{"type", "event", "op", "method", "kind", "action", "command", "topic", "channel", "status", "msg", "t", "e"}

// A hash is 64-bit FNV-1a.
type hash uint64

func newHash() hash { return 14695981039346656037 }

func (h hash) byte(b byte) hash { return (h ^ hash(b)) * 1099511628211 }

// text adds a text, with all digits equal.
func (h hash) text(p []byte) hash {
	for _, b := range p {
		if b >= '0' && b <= '9' {
			b = '0'
		}
		h = h.byte(b)
	}
	return h
}

// object adds the keys of an object, in any order, and the values of kindKeys. p[i:] follows the
// brace and is well formed.
func (h hash) object(p []byte, i int) hash {
	h = h.byte('{')
	for i = skipSpace(p, i); p[i] == '"'; i = skipSpace(p, i+1) {
		end := skipString(p, i)
		key := p[i+1 : end-1]
		one := newHash().text(key)
		i = skipSpace(p, skipSpace(p, end)+1)
		switch end = skipValue(p, i); {
		case !isKindKey(key):
		case end-i <= kindNumber: // such as the message type of SignalR
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

// array adds the leading words of an array.
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

// scalar adds a short string, number, true, false or null, and only the first byte of any other
// value.
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
