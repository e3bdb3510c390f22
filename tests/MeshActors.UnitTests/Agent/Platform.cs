using System.Runtime.Versioning;

// The agent is a Linux program, and so are its tests.
[assembly: SupportedOSPlatform("linux")]
