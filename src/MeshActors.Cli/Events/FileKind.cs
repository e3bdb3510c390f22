using System.Runtime.InteropServices;

namespace MeshActors.Cli.Events;

/// <summary>What a path names, which .NET does not tell.</summary>
internal static partial class FileKind
{
    private const int CurrentDirectory = -100;
    private const uint WantsType = 1;
    private const int StatxBytes = 256;
    private const int ModeOffset = 28;
    private const int TypeBits = 0xF000;
    private const int RegularFile = 0x8000;
    private const int DirectoryFile = 0x4000;

    /// <summary>A device, a pipe or the like, itself or behind links: it is written to, and never replaced.</summary>
    public static bool IsSpecial(string path)
    {
        Span<byte> buffer = stackalloc byte[StatxBytes];
        return Statx(CurrentDirectory, path, 0, WantsType, ref MemoryMarshal.GetReference(buffer)) == 0
            && (BitConverter.ToUInt16(buffer[ModeOffset..]) & TypeBits) is not (RegularFile or DirectoryFile);
    }

    /// <remarks>The one call of its family whose structure is the same on every processor (statx(2)).</remarks>
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, ref byte buffer);
}
