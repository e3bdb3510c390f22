namespace MeshActors.ActorTests.Support;

/// <summary>Lines that are committed and do not change.</summary>
internal static class GoldenFile
{
    public static void Matches(string file, string[] lines)
    {
        // Beside the tests, to be looked at and taken over when a case is new.
        File.WriteAllLines(Path.Combine(AppContext.BaseDirectory, $"{file}.actual"), lines);
        Assert.Equal(File.ReadAllLines(PathOf(file)), lines);
    }

    public static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Golden", file);
}
