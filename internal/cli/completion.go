package cli

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/proto"
	"rtbench/report/claims"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// complete registers completion for the values of a flag, if the command has it.
func complete(c *cobra.Command, flag string, f cobra.CompletionFunc) {
	if c.Flags().Lookup(flag) != nil {
		_ = c.RegisterFlagCompletionFunc(flag, f) // fails only for unknown or registered flags
	}
}

// completeAll registers completion for arguments and shared flags of a command and its
// subcommands.
func completeAll(c *cobra.Command) {
	for _, sub := range c.Commands() {
		complete(sub, "stack", completeList(completeWords(proto.StackNames()...)))
		complete(sub, "baseline", completeResults)
		complete(sub, "cell", completeWords(claims.CellIDs()...))
		completeAll(sub)
	}
	arguments := map[string]cobra.CompletionFunc{
		"run": completeScenarios, "gate": completeScenarios, "calibrate": completeScenarios, "validate": completeScenarios,
		"show": completeWords(append(scenarios.Names(), scenarios.Presets()...)...), "list": cobra.NoFileCompletions, "schema": cobra.NoFileCompletions,
		"report": completeResults, "compare": completeResults, "history": completeDirectories, "guide": completeEvidence,
		"serve": cobra.NoFileCompletions,
	}
	if f := arguments[c.Name()]; f != nil {
		c.ValidArgsFunction = f
	}
}

// completeWords completes fixed words, not files.
func completeWords(words ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		var out []string
		for _, w := range words {
			if strings.HasPrefix(w, begun) && !slices.Contains(args, w) {
				out = append(out, w)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeList completes the last of several values separated by commas.
func completeList(one cobra.CompletionFunc) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		before := begun[:strings.LastIndexByte(begun, ',')+1]
		words, d := one(c, args, begun[len(before):])
		for i := range words {
			words[i] = before + words[i]
		}
		return words, d
	}
}

// completeScenarios completes built-in names, with descriptions, and files.
func completeScenarios(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	var out []string
	for _, name := range scenarios.Names() {
		if strings.HasPrefix(name, begun) && !slices.Contains(args, name) {
			about := ""
			if s, err := scenarios.Open(name); err == nil {
				about = s.About
			}
			out = append(out, cobra.CompletionWithDesc(name, about))
		}
	}
	out = append(out, paths(begun, func(path string, dir bool) bool {
		return dir || strings.HasSuffix(path, ".yaml") || strings.HasSuffix(path, ".yml")
	})...)
	if slices.ContainsFunc(out, func(s string) bool { return !strings.HasSuffix(s, string(filepath.Separator)) }) {
		return out, cobra.ShellCompDirectiveNoFileComp
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace // only directories
}

// completeKeys completes scenario keys for --set.
func completeKeys(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	var out []string
	for _, key := range scenarios.Keys() {
		if strings.HasPrefix(key, begun) {
			out = append(out, key+"=")
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeResults completes result directories.
func completeResults(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	return directoriesWith(begun, result.FileName)
}

// completeEvidence completes evidence directories.
func completeEvidence(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	return directoriesWith(begun, result.VerdictsName)
}

func completeDirectories(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// directoriesWith returns the directories that contain file, up to one level below begun.
func directoriesWith(begun, file string) ([]string, cobra.ShellCompDirective) {
	has := func(path string, _ bool) bool {
		_, err := os.Stat(filepath.Join(path, file))
		return err == nil
	}
	found := paths(begun, has)
	for _, dir := range paths(begun, func(_ string, dir bool) bool { return dir }) {
		found = append(found, paths(dir, has)...)
	}
	for i := range found {
		found[i] = strings.TrimSuffix(found[i], string(filepath.Separator))
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

// paths returns the paths that start with begun and pass keep, except hidden ones. Directories end
// in a slash.
func paths(begun string, keep func(path string, dir bool) bool) (out []string) {
	in, name := filepath.Split(begun)
	entries, _ := os.ReadDir(cmp.Or(in, "."))
	for _, e := range entries {
		path := in + e.Name()
		info, err := os.Stat(path)
		if err != nil || !strings.HasPrefix(e.Name(), name) || strings.HasPrefix(e.Name(), ".") || !keep(path, info.IsDir()) {
			continue
		}
		if info.IsDir() {
			path += string(filepath.Separator)
		}
		out = append(out, path)
	}
	return out
}
