package own

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"rtbench/loadgen/dialog"
	"rtbench/loadgen/method"
	"rtbench/scenarios"
	"rtbench/scenarios/message"
)

// A builder compiles what is said to one server.
type builder struct {
	scenario *scenarios.Scenario
	cell     scenarios.Cell
	server   *Server
	method   *method.Method // of gRPC, else nil
	rows     *message.Rows
}

func (b *builder) script() (*dialog.Script, error) {
	own := &b.scenario.Own
	s := &dialog.Script{Seed: uint64(b.scenario.Load.Seed), Hide: b.server.Mask}
	s.RowPerMessage = own.Rows.Per == "message"
	if b.method != nil {
		s.Show, s.Kind = b.method.JSON, b.method.Kind
		s.Valid, s.Invalid = b.method.Valid, "cannot be decoded as "+string(b.method.Output.FullName())
	}
	var err error
	if own.Rows.File != "" {
		if b.rows, err = readRows(b.scenario.Resolve(own.Rows.File), own.Rows.File); err != nil {
			return nil, err
		}
		b.server.knowRows(b.rows, slices.Concat(own.Opening, own.Closing))
	}
	for i, m := range own.Messages {
		f, err := b.message(m, fmt.Sprintf("messages[%d]", i))
		if err != nil {
			return nil, err
		}
		s.Messages = append(s.Messages, f)
	}
	if err := b.matchable(s); err != nil {
		return nil, err
	}
	if b.method != nil {
		b.request(s)
	}
	if err := b.matching(s); err != nil {
		return nil, err
	}
	if s.Opening, err = b.steps(own.Opening); err != nil {
		return nil, err
	}
	if s.Closing, err = b.steps(own.Closing); err != nil {
		return nil, err
	}
	return s, nil
}

// matchable says of messages that come from files whether a reply can be told to be one's.
func (b *builder) matchable(s *dialog.Script) error {
	need := map[string][]string{"field": {"RequestNumber", "UUID"}, "header": {"Header"}}[b.scenario.Own.Match.By]
	for i, f := range s.Messages {
		t, ok := f.(*message.Template)
		if !ok || len(need) == 0 || b.cell.Model == "server" {
			continue
		}
		if !slices.ContainsFunc(need, t.Uses) {
			return fmt.Errorf("messages[%d]: it has none of {{.%s}}, by which match: %s tells its reply; expected one in it",
				i, strings.Join(need, "}}, {{."), b.scenario.Own.Match.By)
		}
	}
	return nil
}

// request has a call that the server streams in opened by the first message.
func (b *builder) request(s *dialog.Script) {
	if len(s.Messages) == 0 {
		return
	}
	first := s.Messages[0]
	var calls atomic.Uint64
	b.server.Endpoint.Request = func(share int) []byte {
		n := calls.Add(1) - 1
		v := &message.Values{
			Number: n, Stream: uint32(share), Row: uint64(share), Unix: time.Now().UnixNano(), Rand: newRand(s.Seed, n),
		}
		if s.RowPerMessage {
			v.Row = n
		}
		return first.Append(nil, v)
	}
}

// body makes that of the request for events: the same each time that a stream asks.
func (b *builder) body(e *scenarios.Endpoint) error {
	if e.Body == "" {
		return nil
	}
	f, err := b.format(e.Body, "target."+b.cell.Protocol+".body", "")
	if err != nil {
		return err
	}
	seed, now := uint64(b.scenario.Load.Seed), time.Now().UnixNano()
	b.server.Endpoint.Body = func(share int) []byte {
		n := uint64(share)
		return f.Append(nil, &message.Values{Stream: uint32(share), Row: n, Unix: now, Rand: newRand(seed, n)})
	}
	return nil
}

func readRows(path, name string) (*message.Rows, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("rows: %w", err)
	}
	return message.ParseRows(name, data)
}

// maxFile is the longest file that is read.
const maxFile = 64 << 20

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s has %d bytes; expected at most %d", path, info.Size(), maxFile)
	}
	return os.ReadFile(path)
}

// message compiles one message.
func (b *builder) message(m scenarios.Message, key string) (message.Format, error) {
	text, where := m.Text, fmt.Sprintf("%s:%d", b.scenario.File, m.Line)
	if m.File != "" {
		data, err := readFile(b.scenario.Resolve(m.File))
		if err != nil {
			return nil, fmt.Errorf("%s: %s.file: %w", where, key, err)
		}
		if m.Raw {
			return raw(data), nil
		}
		text, where = string(data), m.File
	}
	return b.format(text, where, m.Size)
}

// format compiles a template: over gRPC to the bytes of the method's message.
func (b *builder) format(text, where, size string) (message.Format, error) {
	if b.cell.Protocol == "tcp" && !b.server.Endpoint.Lengths {
		text = strings.TrimSuffix(text, "\n")
		if strings.Contains(text, "\n") {
			return nil, fmt.Errorf("%s: a message of several lines; expected one line, or `frames: length`, as over tcp a line is a message", where)
		}
	}
	o := message.Options{Rows: b.rows}
	if size == "" {
		size = fmt.Sprint(b.cell.Size)
	}
	var err error
	if o.Size, err = message.ParseSize(size); err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	var f message.Format
	if b.method != nil {
		f, err = b.method.Compile(text, o)
	} else {
		f, err = message.Compile(text, o)
	}
	var syntax *message.SyntaxError
	if errors.As(err, &syntax) {
		line, column := place(text, syntax.Offset)
		return nil, fmt.Errorf("%s, line %d, column %d of the message: %s", where, line, column, syntax.Message)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return f, nil
}

// place is where an offset is in a text; both count from 1.
func place(text string, offset int) (line, column int) {
	before := text[:min(offset, len(text))]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1
}

// raw is a message that never differs.
type raw []byte

// Append implements message.Format.
func (r raw) Append(dst []byte, _ *message.Values) []byte { return append(dst, r...) }

// matching fills in how replies are told apart.
func (b *builder) matching(s *dialog.Script) (err error) {
	own := &b.scenario.Own
	s.By = map[string]dialog.By{"header": dialog.ByHeader, "field": dialog.ByField, "order": dialog.ByOrder, "none": dialog.ByNone}[own.Match.By]
	if own.Match.Field != "" {
		if s.Field, err = b.present(own.Match.Field, "match"); err != nil {
			return err
		}
		if b.method != nil && s.By == dialog.ByField {
			s.First = 1 // proto3 does not send a number that is 0
			if s.Zero, err = b.field(own.Match.Field, "match"); err != nil {
				return err
			}
		}
	}
	if own.Stamp.Field != "" {
		if s.Stamp.Field, err = b.present(own.Stamp.Field, "stamp.field"); err != nil {
			return err
		}
		s.Stamp.Text = own.Stamp.Field
		s.Stamp.Unit = map[string]time.Duration{
			"ns": time.Nanosecond, "us": time.Microsecond, "ms": time.Millisecond, "s": time.Second,
		}[own.Stamp.Unit]
	}
	// Our own messages, which come back as they are, are in one piece.
	s.Records = b.method == nil && own.Records != "whole" && (s.By != dialog.ByHeader || s.Field != nil)
	s.Items = s.Records && leadIntoObjects(own)
	for _, c := range own.Ignore {
		ignore, err := b.condition(c, "ignore")
		if err != nil {
			return err
		}
		s.Ignore = append(s.Ignore, *ignore)
	}
	if own.Expect != nil {
		s.Expect, err = b.condition(*own.Expect, "expect")
	}
	return err
}

// leadIntoObjects reports whether messages are objects by the paths into them: that of match,
// stamp or expect begins with a key, and none begins with an index.
func leadIntoObjects(own *scenarios.Own) bool {
	measured := []string{own.Match.Field, own.Stamp.Field}
	if own.Expect != nil {
		measured = append(measured, own.Expect.Field)
	}
	var others []string
	for _, c := range own.Ignore {
		others = append(others, c.Field)
	}
	for _, step := range slices.Concat(own.Opening, own.Closing) {
		others = append(others, step.Condition.Field)
	}
	return slices.ContainsFunc(measured, func(path string) bool { return beginsWith(path, false) }) &&
		!slices.ContainsFunc(slices.Concat(measured, others), func(path string) bool { return beginsWith(path, true) })
}

// beginsWith reports whether a path has steps, and the first is an index or else a key.
func beginsWith(path string, index bool) bool {
	p, err := message.ParsePath(path)
	return err == nil && len(p.Parts()) > 0 && p.Parts()[0].IsIndex == index
}

// field returns what makes finders of a path into a reply. Over gRPC they find a field that
// was not sent as zero.
func (b *builder) field(path, key string) (func() message.Field, error) {
	return b.find(path, key, (*method.Method).Field)
}

// present is field, but only finds what was sent.
func (b *builder) present(path, key string) (func() message.Field, error) {
	return b.find(path, key, (*method.Method).PresentField)
}

func (b *builder) find(path, key string, find func(*method.Method, message.Path) (func() message.Field, error)) (func() message.Field, error) {
	p, err := message.ParsePath(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", b.scenario.File, key, err)
	}
	if b.method != nil {
		fields, err := find(b.method, p)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", b.scenario.File, key, err)
		}
		return fields, nil
	}
	return p.JSON, nil
}

func (b *builder) condition(c scenarios.Condition, key string) (*dialog.Condition, error) {
	out := &dialog.Condition{}
	var err error
	if c.Field != "" {
		if out.Field, err = b.field(c.Field, key+".field"); err != nil {
			return nil, err
		}
	}
	if b.method != nil && (c.Field == "" || c.Field == "$" || c.Field == "$.") { // as it is shown
		out.Field = b.method.Text
	}
	var is, contains *string
	var text []string
	if c.HasIs {
		is = &c.Is
		text = append(text, fmt.Sprintf("is %q", c.Is))
	}
	if c.HasContains {
		contains = &c.Contains
		text = append(text, fmt.Sprintf("contains %q", c.Contains))
	}
	re := ""
	if c.HasMatches {
		re = c.Matches
		text = append(text, fmt.Sprintf("matches %q", c.Matches))
	}
	if out.Holds, err = message.Matches(is, contains, re); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", b.scenario.File, key, err)
	}
	out.Text = strings.TrimSpace(c.Field + " " + strings.Join(text, " and "))
	if len(text) == 0 {
		out.Text = c.Field + " is there"
	}
	return out, nil
}

func (b *builder) steps(list []scenarios.Step) ([]dialog.Step, error) {
	var out []dialog.Step
	for _, step := range list {
		d := dialog.Step{
			Do: step.Do, Within: step.Within, Pause: step.Pause, Code: step.Code,
			Where: fmt.Sprintf("%s:%d", filepath.Base(b.scenario.File), step.Line),
		}
		var err error
		switch step.Do {
		case "wait", "expect":
			d.Condition, err = b.condition(step.Condition, "steps: "+step.Do)
		case "authenticate", "subscribe", "send":
			d.Format, err = b.format(step.Text, d.Where, "")
		}
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func newRand(seed, n uint64) *rand.PCG { return rand.NewPCG(seed, n) }
