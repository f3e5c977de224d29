package result

import (
	"fmt"
	"reflect"
	"strings"
)

// Differences lists everything that makes two results incomparable, such as another machine or
// another load in a cell of the same ID. Targets may differ, since they are being compared.
func Differences(a, b *Result) []string {
	out := differingFields("machine", a.Environment.hardware(), b.Environment.hardware())
	switch {
	case (a.Search == nil) != (b.Search == nil):
		out = append(out, "one is a search for the capacity, the other is not")
	case a.Search != nil:
		x, y := *a.Search, *b.Search
		x.Start, y.Start, x.Seed, y.Seed, x.Limits, y.Limits = 0, 0, 0, 0, nil, nil // those of the objective
		x.Recover, y.Recover = nil, nil
		out = append(out, differingFields("search", x, y)...)
	}
	for _, c := range a.Cells {
		if o := b.Cell(c.ID); o != nil && !c.Config.SameLoad(o.Config) {
			x, y := c.Config, o.Config
			x.Target, y.Target = "", ""
			out = append(out, differingFields("cell "+c.ID, x, y)...)
		}
	}
	return out
}

// SameMachine reports whether two environments agree on everything that affects a measurement.
func (e Environment) SameMachine(o Environment) bool { return e.hardware() == o.hardware() }

// hardware returns e without the settings that change between runs on one machine.
func (e Environment) hardware() Environment {
	e.FileLimit = 0
	return e
}

// differingFields lists the fields, by JSON name, in which two structs of the same type differ.
func differingFields(what string, a, b any) []string {
	var out []string
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		if !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			name, _, _ := strings.Cut(x.Type().Field(i).Tag.Get("json"), ",")
			out = append(out, fmt.Sprintf("%s: %s: %v, %v", what, name, x.Field(i), y.Field(i)))
		}
	}
	return out
}
