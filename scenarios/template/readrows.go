package template

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	for text := range bytes.Lines(data) {
		n++
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		var values map[string]json.RawMessage
		err := json.Unmarshal(text, &values)
		if err != nil || len(values) == 0 {
			return fmt.Errorf(`%s:%d: not a JSON object; expected one per line, such as {"id": 7, "name": "a"}`, name, n)
		}
		if r.columns == nil {
			if err := r.setColumns(keysOf(text), name, n); err != nil {
				return err
			}
		}
		if err := r.object(values); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
		r.length++
	}
	return nil
}

// keysOf returns the keys of a valid object, in order.
func keysOf(text []byte) (keys []string) {
	d := json.NewDecoder(bytes.NewReader(text))
	_, _ = d.Token()
	for d.More() {
		key, _ := d.Token()
		keys = append(keys, fmt.Sprint(key))
		_ = d.Decode(new(json.RawMessage))
	}
	return keys
}

// object reads the values of an object, whose keys are the columns.
func (r *Rows) object(values map[string]json.RawMessage) error {
	if len(values) > len(r.columns) {
		return fmt.Errorf("found %d keys; expected %d as in the first line", len(values), len(r.columns))
	}
	for _, column := range r.columns {
		value := values[column]
		switch {
		case value == nil:
			return fmt.Errorf("missing key %s; expected the keys of the first line", shown(column))
		case value[0] == '{' || value[0] == '[':
			return fmt.Errorf("key %s: found an object or array; expected a string, a number, true, false or null", shown(column))
		case value[0] == '"':
			r.values.bytes = appendUnquoted(r.values.bytes, value)
		default:
			r.values.bytes = append(r.values.bytes, value...)
		}
		r.values.end()
	}
	return nil
}
