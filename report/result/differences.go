package result

import (
	"fmt"
	"reflect"
	"strings"
)

// SameLoad says whether two cells ask for the same thing, of whatever target.
func (c Config) SameLoad(o Config) bool {
	c.Target, o.Target = "", ""
	return reflect.DeepEqual(c, o)
}

// Differences says what two results have that keeps their figures from being
// compared, a line for each: another machine, another load in a cell that both
// have. None for like results. Targets may differ, since they are what is
// compared.
func Differences(a, b *Result) []string {
	out := differingFields("machine", a.Environment.hardware(), b.Environment.hardware())
	for _, c := range a.Cells {
		if o := b.Cell(c.ID); o != nil && !c.Config.SameLoad(o.Config) {
			x, y := c.Config, o.Config
			x.Target, y.Target = "", ""
			out = append(out, differingFields("cell "+c.ID, x, y)...)
		}
	}
	return out
}

// SameMachine says whether two environments are alike in all that figures depend
// on.
func (e Environment) SameMachine(o Environment) bool { return e.hardware() == o.hardware() }

// hardware leaves out what changes between runs on one machine.
func (e Environment) hardware() Environment {
	e.FileLimit = 0
	return e
}

// differingFields lists the fields, by their names in JSON, in which two structs of a kind
// differ.
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
