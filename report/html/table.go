package html

import "math"

// A tableView is a sortable table.
type tableView struct {
	Heads []string
	Rows  []rowView
}

type rowView struct {
	Label, Verdict string
	Color          int
	Floor          bool
	Values         []valueView
}

// A valueView is a value of a row with its sort key.
type valueView struct {
	Text, Sort, Interval, Ratio, Doubt string
	Best                               bool
	Bar                                *bar
}

// labelled holds a table and its caption.
type labelled struct {
	Label string
	Table tableView
}

func pair(label string, t tableView) labelled { return labelled{label, t} }

func (r *rowView) add(v float64, format func(float64) string) {
	r.Values = append(r.Values, valueView{Text: format(v), Sort: sortKey(v)})
}

func orNaN(v float64) float64 {
	if v == 0 {
		return math.NaN()
	}
	return v
}
