package html

// A tableView is a sortable table.
type tableView struct {
	Caption string
	Heads   []string
	Rows    []rowView
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
