package traffic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rtbench/internal/lazyregexp"
	"rtbench/scenarios/draft"
)

// A document is a message with the JSON in it, if there is any.
type document struct {
	sent  bool
	at    time.Time
	index int
	text  string
	// leaves are the values that are neither objects nor arrays. shape is the same for messages with
	// the same keys and the same label.
	leaves []leaf
	shape  string
	// label is the value that tells the kind of message, such as that of type, and labelPath its path.
	label, labelPath string
	beat             bool // a ping, a pong or a heartbeat
}

// A leaf is a value in a document.
type leaf struct {
	path, name string // name is the last key of the path
	parent     string // the key before it
	text       bool
	number     bool
	value      string
	from, to   int // bytes of the document, with quotes
}

// Limits of a document that is analyzed.
const (
	mostLeaves = 500
	mostDepth  = 32
	mostPrefix = 64 // bytes before the JSON
)

// parse finds the JSON in a message, which may follow a prefix such as the 42 of Socket.IO.
func parse(text string) *document {
	d := &document{text: text}
	at := strings.IndexAny(text, "{[")
	if at >= 0 && at <= mostPrefix && len(text) <= longest && json.Valid([]byte(text[at:])) {
		s := scanner{document: d, base: at, json: json.NewDecoder(bytes.NewReader([]byte(text[at:])))}
		s.json.UseNumber()
		if s.value("", "", "", 0) == nil {
			d.shape = digits.ReplaceAllString(text[:at], "#") + s.shape.String()
			return d
		}
	}
	*d = document{text: text}
	line, _, _ := strings.Cut(text, "\n")
	d.shape = digits.ReplaceAllString(line[:min(len(line), mostPrefix)], "#")
	return d
}

var digits = lazyregexp.New(`\d+`)

// A scanner reads the JSON of a document.
type scanner struct {
	*document
	base  int
	json  *json.Decoder
	shape strings.Builder
}

var errTooLarge = errors.New("too many values, or nested too deep")

// start returns the offset of the next token in the text.
func (s *scanner) start() int {
	at := s.base + int(s.json.InputOffset())
	for at < len(s.text) && strings.IndexByte(" \t\r\n,:", s.text[at]) >= 0 {
		at++
	}
	return at
}

func (s *scanner) value(path, name, parent string, depth int) error {
	from := s.start()
	token, err := s.json.Token()
	switch {
	case err != nil:
		return err
	case token == json.Delim('{'):
		return s.object(path, name, depth)
	case token == json.Delim('['):
		return s.array(path, name, depth)
	}
	if len(s.leaves) == mostLeaves {
		return errTooLarge
	}
	l := leaf{path: path, name: name, parent: parent, from: from, to: s.base + int(s.json.InputOffset())}
	switch v := token.(type) {
	case string:
		l.text, l.value = true, v
	case json.Number:
		l.number, l.value = true, v.String()
	default:
		l.value = s.text[l.from:l.to]
	}
	s.leaves = append(s.leaves, l)
	s.addShape(l, depth)
	return nil
}

// addShape adds a value to the shape: its type, or the value itself if it labels the message.
func (s *scanner) addShape(l leaf, depth int) {
	inTuple := depth == 1 && strings.HasPrefix(l.path, "[")
	labels := depth <= 2 && (labelNames[normalized(l.name)] || inTuple) && (l.text && wordLike.MatchString(l.value) || l.number && !inTuple && len(l.value) < 4)
	switch {
	case labels:
		if s.label == "" || inTuple {
			s.label, s.labelPath = l.value, l.path
		}
		fmt.Fprintf(&s.shape, "=%q", l.value)
	case l.text:
		s.shape.WriteByte('s')
	case l.number:
		s.shape.WriteByte('n')
	default:
		s.shape.WriteByte('b')
	}
}

// labelNames are the keys whose values tell the kinds of messages.
var labelNames = map[string]bool{
	"type": true, "op": true, "opcode": true, "event": true, "action": true, "cmd": true, "command": true, "method": true,
	"kind": true, "msgtype": true, "messagetype": true, "target": true, "e": true,
}

var separators = strings.NewReplacer("_", "", "-", "")

func normalized(name string) string { return strings.ToLower(separators.Replace(name)) }

var wordLike = lazyregexp.New(`^[A-Za-z][A-Za-z0-9_.:/-]{0,39}$`)

func (s *scanner) object(path, name string, depth int) error {
	if depth == mostDepth {
		return errTooLarge
	}
	s.shape.WriteByte('{')
	for s.json.More() {
		token, err := s.json.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		fmt.Fprintf(&s.shape, "%q:", key)
		if err := s.value(draft.Path(path, key), key, name, depth+1); err != nil {
			return err
		}
		s.shape.WriteByte(',')
	}
	s.shape.WriteByte('}')
	_, err := s.json.Token()
	return err
}

// mostTuple is the length up to which the items of an array belong to the shape one by one.
const mostTuple = 8

func (s *scanner) array(path, name string, depth int) error {
	if depth == mostDepth {
		return errTooLarge
	}
	s.shape.WriteByte('[')
	for i := 0; s.json.More(); i++ {
		before := s.shape.Len()
		if err := s.value(fmt.Sprintf("%s[%d]", path, i), name, name, depth+1); err != nil {
			return err
		}
		if i >= mostTuple || depth > 0 && i > 0 { // of a long or nested array the first counts
			shape := s.shape.String()[:before]
			s.shape.Reset()
			s.shape.WriteString(shape)
		}
	}
	s.shape.WriteByte(']')
	_, err := s.json.Token()
	return err
}

// leafNear returns the leaf with a path, which is mostly at index i, as in other documents of its kind.
func (d *document) leafNear(i int, path string) (leaf, bool) {
	if i < len(d.leaves) && d.leaves[i].path == path {
		return d.leaves[i], true
	}
	return d.leaf(path)
}

// leaf returns the leaf with a path.
func (d *document) leaf(path string) (leaf, bool) {
	i := slices.IndexFunc(d.leaves, func(l leaf) bool { return l.path == path })
	if i < 0 {
		return leaf{}, false
	}
	return d.leaves[i], true
}
