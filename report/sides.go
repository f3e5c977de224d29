package report

import (
	"slices"
	"strings"

	"rtbench/report/result"
)

// sides are a cell with and without the effect of another group.
type sides struct {
	name          string // the protocol, and other axes
	group, stay   string // of the effect
	with, without *result.Cell
	of, calm      *result.Cell // the group of the effect, and that group while all its users stay; nil if there is none
}

// sidesOf returns a cell as the side without an effect, for each effect that it is compared with.
func sidesOf(r *result.Result, without *result.Cell) []sides {
	switch c := without.Config; {
	case c.Without != "":
		return leftOut(r, without)
	case c.Group != "" && stayOf(c) == stays:
		return whileUsersStay(r, without)
	}
	return nil
}

// leftOut returns the sides of a cell that ran without another group.
func leftOut(r *result.Result, without *result.Cell) []sides {
	c := without.Config
	at := func(group string) *result.Cell {
		return besides(r, c, func(o result.Config) bool { return o.Without == "" && o.Group == group && sameAxes(o, c, "without") })
	}
	with := at(c.Group)
	if with == nil {
		return nil
	}
	return []sides{{name: effectName(c, "without"), group: c.Without, with: with, without: without, of: at(c.Without)}}
}

// whileUsersStay returns the sides of a cell beside which the users of another group all stayed, one for each way in
// which they come and go.
func whileUsersStay(r *result.Result, without *result.Cell) (list []sides) {
	c := without.Config
	for _, of := range r.Cells {
		o := of.Config
		if !o.Churns() || o.Group == c.Group || stayOf(o) == "" || !alike(o, c) || !sameAxes(o, c, "stay") {
			continue
		}
		at := func(group string, like result.Config) *result.Cell {
			return besides(r, c, func(x result.Config) bool { return x.Group == group && sameAxes(x, like) })
		}
		if with := at(c.Group, o); with != nil && !with.Config.Churns() {
			list = append(list, sides{
				name: effectName(c, "stay"), group: o.Group, stay: stayOf(o),
				with: with, without: without, of: of, calm: at(o.Group, c),
			})
		}
	}
	return list
}

// besides returns the first cell of the scenario and protocol that was measured and fulfils a condition; nil if there
// is none.
func besides(r *result.Result, c result.Config, is func(result.Config) bool) *result.Cell {
	i := slices.IndexFunc(r.Cells, func(o *result.Cell) bool { return len(o.Repetitions) > 0 && alike(o.Config, c) && is(o.Config) })
	if i < 0 {
		return nil
	}
	return r.Cells[i]
}

func alike(a, b result.Config) bool { return a.Scenario == b.Scenario && a.Protocol == b.Protocol }

// otherAxes returns the axes of a cell except the group and some others.
func otherAxes(c result.Config, but ...string) string {
	axes := slices.DeleteFunc(strings.Split(c.Axes, "/"), func(axis string) bool {
		name, _, _ := strings.Cut(axis, "=")
		return name == "group" || slices.Contains(but, name)
	})
	return strings.Join(axes, " ")
}

// sameAxes reports whether cells have the same axes except the group and some others.
func sameAxes(a, b result.Config, but ...string) bool {
	return otherAxes(a, but...) == otherAxes(b, but...)
}

func effectName(c result.Config, but string) string {
	return strings.TrimSpace(c.Protocol + " " + otherAxes(c, but))
}
