package scenarios

import "rtbench/scenarios/spec"

// Reference returns a scenario that explains every key.
func Reference() []byte {
	return []byte(Modeline + `# Every key of a scenario, with its default or an example. A key that is an axis also takes a
# list; the cells of the scenario are all combinations. The first line tells editors which
# schema to use: ` + "`rtbench scenario schema` prints it, and `rtbench scenario init` writes it next\n" + `# to the scenario.
` + spec.Manual(schema()) + `# ${NAME} in a value is an environment variable, ${NAME:-default} has a default, and $$ is
# a dollar. In [ ] and { } quote it: {rate: "${RATE}"}.
# ` + "`--set load.rate=50k/s` overrides all of this.\n")
}
