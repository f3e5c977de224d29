package template

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// line returns the line of a byte of data, counted from 1.
func line(data []byte, at int) int { return 1 + bytes.Count(data[:at], []byte("\n")) }

// csv reads records with values separated by commas, or by another separator.
func (r *Rows) csv(name string, data []byte, comma rune) error {
	c := csv.NewReader(bytes.NewReader(data))
	c.Comma, c.ReuseRecord, c.FieldsPerRecord = comma, true, -1
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			return fmt.Errorf("%s:%d: %w in column %d; expected CSV (RFC 4180)", name, bad.Line, bad.Err, bad.Column)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		at, _ := c.FieldPos(0)
		if r.columns == nil {
			for i := range record {
				record[i] = strings.TrimSpace(record[i])
			}
			if err := r.setColumns(record, name, at); err != nil {
				return err
			}
			continue
		}
		if len(record) != len(r.columns) {
			return fmt.Errorf("%s:%d: found %d values; expected %d as in the heading", name, at, len(record), len(r.columns))
		}
		for _, value := range record {
			r.values.bytes = append(r.values.bytes, value...)
			r.values.end()
		}
		r.length++
	}
}

// json reads one object per line.
func (r *Rows) json(name string, data []byte) error {
	n := 0
	var order []int // positions of the columns in the previous line
	for text := range bytes.Lines(data) {
		n++
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		keys, values, err := members(text)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if r.columns == nil {
			if err := r.setColumns(keys, name, n); err != nil {
				return err
			}
			order = make([]int, len(keys))
		}
		if err := r.object(keys, values, order); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
		r.length++
	}
	return nil
}

// object reads the keys of an object, which are the columns in any order, and its values.
func (r *Rows) object(keys []string, values [][]byte, order []int) error {
	if len(keys) > len(r.columns) {
		return fmt.Errorf("found %d keys; expected %d as in the first line", len(keys), len(r.columns))
	}
	for i, column := range r.columns {
		if at := order[i]; at >= len(keys) || keys[at] != column {
			order[i] = slices.Index(keys, column)
		}
		if order[i] < 0 {
			return fmt.Errorf("missing key %s; expected the keys of the first line", shown(column))
		}
		if value := values[order[i]]; value[0] == '"' {
			r.values.bytes = appendUnquoted(r.values.bytes, value)
		} else {
			r.values.bytes = append(r.values.bytes, value...)
		}
		r.values.end()
	}
	return nil
}

// members returns the keys and values of an object, values as written.
func members(p []byte) (keys []string, values [][]byte, err error) {
	notObject := errors.New(`not a JSON object; expected one per line, such as {"id": 7, "name": "a"}`)
	if p[0] != '{' {
		return nil, nil, notObject
	}
	i := skipSpace(p, 1)
	for {
		end := skipString(p, i)
		if end < 0 {
			return nil, nil, notObject
		}
		key := string(appendUnquoted(nil, p[i:end]))
		if i = skipSpace(p, end); i >= len(p) || p[i] != ':' {
			return nil, nil, notObject
		}
		i = skipSpace(p, i+1)
		if i < len(p) && (p[i] == '{' || p[i] == '[') {
			return nil, nil, fmt.Errorf("key %s: found an object or array; expected a string, a number, true, false or null", shown(key))
		}
		if end = skipScalar(p, i); end < 0 {
			return nil, nil, notObject
		}
		keys, values = append(keys, key), append(values, p[i:end])
		if i = skipSpace(p, end); i >= len(p) {
			return nil, nil, notObject
		}
		switch {
		case p[i] == ',':
			i = skipSpace(p, i+1)
		case p[i] == '}' && i == len(p)-1:
			return keys, values, nil
		default:
			return nil, nil, notObject
		}
	}
}
