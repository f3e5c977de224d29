package template

import "slices"

// Bind returns the parts with {{.Row.NAME}}, {{.Body}} and captured values bound to the rows, the
// size and the names of o. Values of rows and replies are copied unchanged. The error is a
// *SyntaxError.
func Bind(parts []Part, o Options) ([]Part, error) {
	return bindAll(parts, o, make([]bool, len(parts)))
}

// bindAll binds the actions of parts; quoted tells which are inside a JSON string.
func bindAll(parts []Part, o Options, quoted []bool) ([]Part, error) {
	if err := CheckCaptured(parts, o.Captured, nil); err != nil {
		return nil, err
	}
	bound := slices.Clone(parts)
	for i, p := range bound {
		if p.Action != nil {
			var err error
			if bound[i].Action, err = bind(p, o, quoted[i]); err != nil {
				return nil, err
			}
		}
	}
	return bound, nil
}

// bind binds one action. Inside a JSON string (quoted), values of rows and replies are escaped.
func bind(p Part, o Options, quoted bool) (*Action, error) {
	a := *p.Action
	switch {
	case a.name == "Body":
		size := o.Size
		a.append = func(dst []byte, v *Values) []byte { return appendBody(dst, size.Draw(v.Rand), v.Rand) }
		return &a, nil
	case a.captured:
		a.index = slices.Index(o.Captured, a.name)
		a.append = bindCaptured(a.index, quoted)
		return &a, nil
	case a.name != "Row":
		return p.Action, nil
	case o.Rows == nil:
		return nil, wrong(p.Offset, "{{.Row.%s}} without rows; expected a file under rows", shown(a.column))
	}
	column := slices.Index(o.Rows.columns, a.column)
	if column < 0 {
		return nil, wrong(p.Offset, "{{.Row.%s}}: no such column%s", shown(a.column), o.Rows.meant(a.column))
	}
	values := o.Rows.column(column)
	if quoted {
		values = values.escaped(o.Rows.Len())
	}
	rows := uint64(o.Rows.Len())
	a.append = func(dst []byte, v *Values) []byte { return append(dst, values.at(int(v.Row%rows))...) }
	return &a, nil
}
