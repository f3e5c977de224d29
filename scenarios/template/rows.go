package template

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Rows are what templates take {{.Row.NAME}} from: the row Values.Row says, modulo how many
// there are. They are immutable and safe for concurrent use.
type Rows struct {
	columns []string
	values  texts // row after row
	length  int
}

// Columns are the names, in the file's order. They are not to be changed.
func (r *Rows) Columns() []string { return r.columns }

// Len is the number of rows, at least 1.
func (r *Rows) Len() int { return r.length }

// Value is that of a row and a column, both from 0. It is not to be changed.
func (r *Rows) Value(row, column int) []byte { return r.values.at(row*len(r.columns) + column) }

// Limits of a file of rows.
const (
	maxRowsSize = 64 << 20
	maxColumns  = 1024
)

// ParseRows reads the content of a file: of .csv (RFC 4180) and .tsv (tabs for commas), the
// first record of which is the heading, or of .jsonl, .ndjson and .json-lines, each line an
// object of strings, numbers, true, false and null, all lines with the same keys; these
// values are taken as they are written, but strings without quotes and escapes. A file is
// UTF-8 of at most 64 MiB, and has at least one row. Errors begin with file:line.
func ParseRows(name string, data []byte) (*Rows, error) {
	if len(data) > maxRowsSize {
		return nil, fmt.Errorf("%s: it has %d bytes; expected at most %d (64 MiB)", name, len(data), maxRowsSize)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if at := invalid(data); at >= 0 {
		return nil, fmt.Errorf("%s:%d: it is not UTF-8; expected a file of that encoding", name, line(data, at))
	}
	// No value is longer than what it is written as.
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
		return nil, fmt.Errorf("%s: what it is cannot be told from its name; expected one that ends in .csv, .tsv, .jsonl or .ndjson", name)
	}
	if err != nil {
		return nil, err
	}
	if r.length == 0 {
		return nil, fmt.Errorf("%s: it has no rows; expected at least one", name)
	}
	return r, nil
}

// invalid is where data is not UTF-8; -1: nowhere.
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

// setColumns takes the names of columns, which stand in that line.
func (r *Rows) setColumns(names []string, name string, line int) error {
	if len(names) > maxColumns {
		return fmt.Errorf("%s:%d: found %d columns; expected at most %d", name, line, len(names), maxColumns)
	}
	for i, n := range names {
		if n == "" {
			return fmt.Errorf("%s:%d: column %d has no name; expected one", name, line, i+1)
		}
		if slices.Contains(r.columns, n) {
			return fmt.Errorf("%s:%d: column %s is there twice; expected each once", name, line, shown(n))
		}
		r.columns = append(r.columns, n)
	}
	return nil
}

// meant is the hint for a column that there is not.
func (r *Rows) meant(column string) string {
	if n := nearest(column, r.columns); n != "" {
		return "; did you mean {{.Row." + n + "}}?"
	}
	return "; there are " + shown(strings.Join(r.columns, ", "))
}

// column is a column's values, in the order of rows.
func (r *Rows) column(column int) texts {
	return texts{bytes: r.values.bytes, ends: r.values.ends, first: column, step: len(r.columns)}
}

// texts are many texts, one after another in one piece of memory, which nothing has to look
// through for pointers. Of them every step-th is meant, from the first.
type texts struct {
	bytes       []byte
	ends        []uint32
	first, step int
}

// end ends the text that has been appended to bytes.
func (t *texts) end() { t.ends = append(t.ends, uint32(len(t.bytes))) }

func (t *texts) at(i int) []byte {
	i = t.first + i*max(t.step, 1)
	begin := uint32(0)
	if i > 0 {
		begin = t.ends[i-1]
	}
	return t.bytes[begin:t.ends[i]:t.ends[i]]
}

// escaped are the first n texts as they stand inside strings of JSON.
func (t *texts) escaped(n int) texts {
	var e texts
	for i := range n {
		e.bytes = appendEscaped(e.bytes, t.at(i))
		e.end()
	}
	return e
}
