package main

import "runtime/debug"

// version returns what the program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

// userAgent names muster to Procore.
func userAgent() string { return "muster/" + version() }
