package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/loadgen/grpcschema"
	"rtbench/scenarios"
	"rtbench/scenarios/draft"
	"rtbench/scenarios/spec"
)

// addMethod drafts calls of a gRPC method. dir is the directory of the scenario.
func (d *initFlags) addMethod(cmd *cobra.Command, out *draft.Draft, dir string, isDir bool) error {
	files, imports := []string{d.from}, d.settings["import"]
	if d.pick != "" {
		return usageError("--pick with --from %s: expected --method pkg.Service/Method", d.from)
	}
	if isDir {
		var err error
		if files, err = grpcschema.Below(d.from); err != nil {
			return err
		}
		imports = append(imports, d.from)
	}
	m, err := d.chooseMethod(cmd, files, imports)
	if err != nil {
		return err
	}
	if isDir {
		files = m.Files(files, d.from)
	}
	out.Protocol = "grpc"
	target := strings.TrimSuffix(d.settings.Get("target"), "/")
	switch {
	case target == "":
		target = "grpc://localhost:50051"
		out.Note("the server's address is not known: " + target + " is an example; set it in target.grpc.url, or with --target")
	case !strings.Contains(target, "://"):
		target = "grpc://" + target
	}
	out.URL = strings.TrimSuffix(target, "/"+m.String()) + "/" + m.String()
	out.Head = append(out.Head, fmt.Sprintf("Written from method %s in %s.", m, d.from))
	addFiles(out, "proto", dir, files)
	addFiles(out, "import", dir, imports)
	addCalls(out, m)
	return nil
}

// chooseMethod returns the method of --method, or the only one.
func (d *initFlags) chooseMethod(cmd *cobra.Command, files, imports []string) (*grpcschema.Method, error) {
	list, err := grpcschema.Methods(cmd.Context(), files, imports)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: found no services; expected one with a method", d.from)
	}
	var names []draft.Choice
	for _, m := range list {
		_, kind := m.Pattern()
		names = append(names, draft.Choice{Name: m.String(), Detail: kind})
	}
	picked := ""
	if cmd.Flags().Changed("method") {
		picked = strings.TrimPrefix(d.settings.Get("method"), "/")
	}
	i, err := draft.Choose("methods", "--method", picked, names)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.from, err)
	}
	return list[i], nil
}

// addFiles adds file names, relative to the scenario.
func addFiles(out *draft.Draft, key, dir string, files []string) {
	var list []draft.Value
	for _, file := range files {
		if rel, err := filepath.Rel(dir, file); err == nil && !filepath.IsAbs(file) {
			file = rel
		}
		list = append(list, draft.Text(draft.Literal(filepath.ToSlash(file))))
	}
	switch len(list) {
	case 0:
		return
	case 1:
		out.Endpoint = append(out.Endpoint, draft.Key{Name: key, Value: list[0]})
	default:
		out.Endpoint = append(out.Endpoint, draft.Key{Name: key, Value: draft.List(list...)})
	}
}

// addCalls adds the pattern of a method and a message with all its fields.
func addCalls(out *draft.Draft, m *grpcschema.Method) {
	text, id := m.Sample(func(name string) string {
		if !scenarios.Secretive(name) {
			return ""
		}
		return out.Secrets.Hide("MESSAGE", name, "field:"+name)
	})
	pattern, kind := m.Pattern()
	out.Add("pattern", draft.Plain(pattern), "the method is "+kind)
	out.Add("messages", draft.Text(text), "all fields of "+string(m.Input.FullName())+", with values of their types")
	switch {
	case pattern == "push":
		out.Load.Rate, out.Load.Comment = "", "the server sets the rate"
		return
	case pattern == "echo" && id != "":
		out.Add("match", draft.One("field", draft.Text(id)), "a guess: requests and replies both have it")
	case pattern == "echo" && m.ClientStreams:
		out.Add("match", draft.Plain("order"), "requests and replies have no ID in common")
	}
	if out.Load.Rate == "" {
		out.Load.Rate, out.Load.Comment = spec.FormatRate(200), "a cautious rate for an unknown server"
	}
}
