package template

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"rtbench/scenarios/suggest"
)

// Rows hold the data of {{.Row.NAME}}: row Values.Row, modulo the number of rows. They are
// immutable and safe for concurrent use.
type Rows struct {
	columns []string
	values  texts // in row order
	length  int
}

// Columns returns the names in file order, which must not be changed.
func (r *Rows) Columns() []string { return r.columns }

// Len returns the number of rows, at least 1.
func (r *Rows) Len() int { return r.length }

// Value returns the value of a row and a column, both from 0. It must not be changed.
func (r *Rows) Value(row, column int) []byte { return r.values.at(row*len(r.columns) + column) }

// Limits of a rows file.
const (
	maxRowsSize = 64 << 20
	maxColumns  = 1024
)

// ParseRows parses a rows file by its extension: .csv (RFC 4180) and .tsv, whose first record is
// the heading, or .jsonl, .ndjson and .json-lines, whose lines are objects with the same keys and
// with strings, numbers, true, false and null as values. Values are kept as written, strings
// decoded. A file is UTF-8, at most 64 MiB, and has at least one row. Errors start with file:line.
func ParseRows(name string, data []byte) (*Rows, error) {
	if len(data) > maxRowsSize {
		return nil, fmt.Errorf("%s: found %d bytes; expected at most %d (64 MiB)", name, len(data), maxRowsSize)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if at := invalid(data); at >= 0 {
		return nil, fmt.Errorf("%s:%d: invalid UTF-8; expected a UTF-8 file", name, line(data, at))
	}
	// No value is longer than in the file.
	r := &Rows{values: texts{bytes: make([]byte, 0, len(data))}}
	var err error
	switch strings.ToLower(path.Ext(name)) {
	case ".csv":
		err = r.csv(name, data, ',')
	case ".tsv":
		err = r.csv(name, data, '\t')
	case ".jsonl", ".ndjson", ".json-lines":
		err = r.json(name, data)
	default:
		return nil, fmt.Errorf("%s: unknown extension; expected .csv, .tsv, .jsonl or .ndjson", name)
	}
	if err != nil {
		return nil, err
	}
	if r.length == 0 {
		return nil, fmt.Errorf("%s: no rows; expected at least one", name)
	}
	return r, nil
}

// invalid returns the position of invalid UTF-8; -1 if there is none.
func invalid(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	at := 0
	for {
		r, n := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && n <= 1 {
			return at
		}
		at += n
	}
}

// setColumns sets the names of columns from a line.
func (r *Rows) setColumns(names []string, name string, line int) error {
	if len(names) > maxColumns {
		return fmt.Errorf("%s:%d: found %d columns; expected at most %d", name, line, len(names), maxColumns)
	}
	for i, n := range names {
		if n == "" {
			return fmt.Errorf("%s:%d: missing name of column %d", name, line, i+1)
		}
		if slices.Contains(r.columns, n) {
			return fmt.Errorf("%s:%d: duplicate column %s; expected each once", name, line, shown(n))
		}
		r.columns = append(r.columns, n)
	}
	return nil
}

// meant suggests a column for an unknown one.
func (r *Rows) meant(column string) string {
	if n := suggest.Nearest(column, r.columns); n != "" {
		return "; did you mean {{.Row." + n + "}}?"
	}
	return "; expected one of " + shown(strings.Join(r.columns, ", "))
}

// column returns the values of a column, in row order.
func (r *Rows) column(column int) texts {
	return texts{bytes: r.values.bytes, ends: r.values.ends, first: column, step: len(r.columns)}
}

// texts stores many texts in one piece of memory without pointers for the garbage collector. It
// selects every step-th text, starting with the first.
type texts struct {
	bytes       []byte
	ends        []uint32
	first, step int
}

// end terminates the text appended to bytes.
func (t *texts) end() { t.ends = append(t.ends, uint32(len(t.bytes))) }

func (t *texts) at(i int) []byte {
	i = t.first + i*max(t.step, 1)
	begin := uint32(0)
	if i > 0 {
		begin = t.ends[i-1]
	}
	return t.bytes[begin:t.ends[i]:t.ends[i]]
}

// escaped returns the first n texts as the insides of JSON strings.
func (t *texts) escaped(n int) texts {
	var e texts
	for i := range n {
		e.bytes = append(e.bytes, Escape(string(t.at(i)))...)
		e.end()
	}
	return e
}
