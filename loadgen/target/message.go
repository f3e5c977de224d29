package target

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"rtbench/proto"
	"rtbench/scenarios"
	"rtbench/scenarios/template"
)

func readRows(path, name string) (*template.Rows, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("rows: %w", err)
	}
	return template.ParseRows(name, data)
}

// maxFile bounds the files that a scenario names, in bytes.
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
func (b *scriptBuilder) message(m scenarios.Message, key string) (template.Format, error) {
	text, where := m.Text, m.At
	if m.File != "" {
		data, err := readFile(b.scenario.Resolve(m.File))
		if err != nil {
			return nil, fmt.Errorf("%s: %s.file: %w", where, key, err)
		}
		if m.Raw {
			return rawMessage(data), nil
		}
		text, where = b.scenario.Custom.Expand(string(data)), m.File
	}
	return b.format(text, where, m.Size)
}

// format compiles a template. Over gRPC it yields the bytes of the method's message.
func (b *scriptBuilder) format(text, where, size string) (template.Format, error) {
	if proto.OptionsOf(b.cell.Protocol) == "tcp" && !b.server.Endpoint.Lengths {
		text = strings.TrimSuffix(text, "\n")
		if strings.Contains(text, "\n") {
			return nil, fmt.Errorf("%s: a message of several lines; expected one line, or `frames: length`: over %s each line is a message", where, b.cell.Protocol)
		}
	}
	return b.compile(b.scenario.Custom.Ended(text), where, size)
}

// compile compiles a template without the end of a record.
func (b *scriptBuilder) compile(text, where, size string) (template.Format, error) {
	o := template.Options{Rows: b.rows, Captured: b.captured}
	if size == "" {
		size = fmt.Sprint(b.cell.Size)
	}
	var err error
	if o.Size, err = template.ParseSize(size); err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	var f template.Format
	if b.method != nil {
		f, err = b.method.Compile(text, o)
	} else {
		f, err = template.Compile(text, o)
	}
	var syntax *template.SyntaxError
	if errors.As(err, &syntax) {
		line, column := lineColumn(text, syntax.Offset)
		return nil, fmt.Errorf("%s, line %d, column %d of the message: %s", where, line, column, syntax.Message)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return f, nil
}

// lineColumn returns the line and column of an offset, both from 1.
func lineColumn(text string, offset int) (line, column int) {
	before := text[:min(offset, len(text))]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1
}

// A rawMessage is the same for each request.
type rawMessage []byte

func (r rawMessage) Append(dst []byte, _ *template.Values) []byte { return append(dst, r...) }
