using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeshActors.Cli.Output;

[JsonSerializable(typeof(OrganizationDocument))]
[JsonSerializable(typeof(OrganizationsDocument))]
[JsonSerializable(typeof(NodeDocument))]
[JsonSerializable(typeof(NodesDocument))]
[JsonSerializable(typeof(PrefixesDocument))]
[JsonSerializable(typeof(FoundsDocument))]
[JsonSerializable(typeof(JoinKeyDocument))]
[JsonSerializable(typeof(JoinKeysDocument))]
[JsonSerializable(typeof(TokenDocument))]
[JsonSerializable(typeof(TokensDocument))]
[JsonSerializable(typeof(EventDocument))]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(StoredEventDocument))]
[JsonSerializable(typeof(ExportDocument))]
[JsonSerializable(typeof(ExportsDocument))]
[JsonSerializable(typeof(ImportDocument))]
[JsonSerializable(typeof(VerifiedDocument))]
[JsonSerializable(typeof(ReplayDocument))]
[JsonSerializable(typeof(PastMapDocument))]
[JsonSerializable(typeof(DiffDocument))]
[JsonSerializable(typeof(StoryDocument))]
internal sealed partial class DocumentJson : JsonSerializerContext
{
    /// <summary>One document, for a program or a person who looks at it.</summary>
    public static readonly DocumentJson Indented = new(OptionsOf(indented: true));

    /// <summary>One document a line.</summary>
    public static readonly DocumentJson Lines = new(OptionsOf(indented: false));

    // Keys are base64, with a '+' that would be escaped; nothing here is put into a web page.
    private static JsonSerializerOptions OptionsOf(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = indented,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
