package html

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
