package driver

import (
	"net/http"
	"strings"
)

// Kept holds the fields of a response that an Endpoint keeps.
type Kept struct{ names, values []string }

// NewKept returns the fields that e keeps, without values yet; nil if it keeps none.
func NewKept(e *Endpoint) *Kept {
	if len(e.Keep) == 0 {
		return nil
	}
	return &Kept{names: e.Keep, values: make([]string, len(e.Keep))}
}

// Note stores a field of the response, if it is kept and the first of its name with a value.
func (k *Kept) Note(name, value string) {
	if k == nil {
		return
	}
	for i, kept := range k.names {
		if k.values[i] == "" && strings.EqualFold(kept, name) {
			k.values[i] = value
		}
	}
}

// NoteAll stores the fields of h that are kept.
func (k *Kept) NoteAll(h http.Header) {
	for name, values := range h {
		for _, v := range values {
			k.Note(name, v)
		}
	}
}

// Header is that of a Stream; nil for a nil Kept. A field without a value counts as missing.
func (k *Kept) Header() func(name string) (string, bool, error) {
	if k == nil {
		return nil
	}
	return func(name string) (string, bool, error) {
		for i, kept := range k.names {
			if strings.EqualFold(kept, name) && k.values[i] != "" {
				return k.values[i], true, nil
			}
		}
		return "", false, nil
	}
}
