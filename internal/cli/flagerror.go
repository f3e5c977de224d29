package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rtbench/scenarios"
	"rtbench/scenarios/suggest"
)

// flagError describes a problem with a flag: the mistake, the expected value, and the flag that may have been meant.
func flagError(cmd *cobra.Command, err error) error {
	text := err.Error()
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		text += nearestFlag(cmd, unknown.GetSpecifiedName())
	case errors.As(err, &invalid):
		flag := invalid.GetFlag()
		expected, known := flagTypes[flag.Value.Type()]
		if !known {
			expected = errors.Unwrap(invalid).Error()
		}
		if example := flag.Annotations[exampleOf]; len(example) > 0 {
			expected += " such as " + example[0]
		}
		text = fmt.Sprintf("--%s: found %q; expected %s", flag.Name, invalid.GetValue(), expected)
	}
	return usageError("%s (see `%s --help`)", text, cmd.CommandPath())
}

// exampleOf is the annotation of a flag with an example of its value, for errors.
const exampleOf = "rtbench_example"

// flagTypes are the values that flags expect, by the names of their types.
var flagTypes = map[string]string{
	"int": "a whole number", "int64": "a whole number", "uint64": "a whole number of 0 or more", "float64": "a number",
	"bool": "true or false", "duration": "a duration such as 500ms, 10s or 2m",
}

// renamedFlags are the flags that replace those of earlier versions.
var renamedFlags = map[string]string{"contract": "api", "figures": "metrics"}

// nearestFlag suggests the flag of a command that is closest to an unknown one, or the key of scenarios that --set
// would set.
func nearestFlag(cmd *cobra.Command, typed string) string {
	if now := renamedFlags[typed]; now != "" {
		return "; did you mean --" + now + "?"
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := suggest.Nearest(typed, names); near != "" {
		return "; did you mean --" + near + "?"
	}
	if cmd.Flags().Lookup("set") == nil {
		return ""
	}
	if key := suggest.Nearest(typed, scenarios.Keys()); key != "" {
		return "; did you mean --set " + key + "=…?"
	}
	return ""
}
