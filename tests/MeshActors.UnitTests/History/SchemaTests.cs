using Google.Protobuf.Reflection;
using MeshActors.Contracts.Journal.V1;

namespace MeshActors.UnitTests.History;

/// <summary>
/// What is written once is read for ever: of all that a journal row can hold, no field goes, gets another number or another
/// type. The golden list has one line a field; a new field is a new line.
/// </summary>
/// <remarks>
/// When this fails: a line that is gone or differs breaks old journals. Give the field back, and make the change as a new
/// field, or as a new event with a new manifest (the rule is at the top of journal.proto). A line that is only new: look at it,
/// and take over Golden/journal-schema.txt.actual, which stands beside the tests.
/// </remarks>
public sealed class SchemaTests
{
    private const string Golden = "journal-schema.txt";

    [Fact]
    public void No_field_of_the_journal_was_removed_renumbered_or_retyped()
    {
        var lines = Lines();
        File.WriteAllLines(Path.Combine(AppContext.BaseDirectory, $"{Golden}.actual"), lines);
        Assert.Equal(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Golden", Golden)), lines);
    }

    [Fact]
    public void The_list_notices_each_of_the_three()
    {
        var lines = Lines();
        Assert.Contains("meshactors.journal.v1.Meta 6 bytes previous_hash", lines);
        Assert.Contains("meshactors.journal.v1.OrganizationRecord 15 message meshactors.journal.v1.NodeJoined node_joined oneof event", lines);
        Assert.Contains("meshactors.journal.v1.NodeJoined 5 repeated message meshactors.agent.v1.Cidr addresses", lines);
    }

    private static string[] Lines()
    {
        var seen = new HashSet<MessageDescriptor>();
        foreach (var root in new[] { OrganizationRecord.Descriptor, NodeRecord.Descriptor, DirectoryRecord.Descriptor, OrganizationSnapshot.Descriptor })
        {
            Reach(root, seen);
        }

        return [.. seen
            .SelectMany(message => message.Fields.InFieldNumberOrder().Select(field => $"{message.FullName} {Text(field)}"))
            .Order(StringComparer.Ordinal)];
    }

    private static void Reach(MessageDescriptor message, HashSet<MessageDescriptor> seen)
    {
        if (!seen.Add(message))
        {
            return;
        }

        foreach (var field in message.Fields.InDeclarationOrder().Where(field => field.FieldType == FieldType.Message))
        {
            Reach(field.MessageType, seen);
        }
    }

    private static string Text(FieldDescriptor field)
    {
        var type = field.FieldType switch
        {
            FieldType.Message => $"message {field.MessageType.FullName}",
            FieldType.Enum => $"enum {field.EnumType.FullName} {{{string.Join(", ", field.EnumType.Values.Select(value => $"{value.Number} {value.Name}"))}}}",
            var scalar => scalar.ToString().ToLowerInvariant(),
        };
        var oneof = field.RealContainingOneof is { } group ? $" oneof {group.Name}" : "";
        return $"{field.FieldNumber} {(field.IsRepeated ? "repeated " : "")}{type} {field.Name}{oneof}";
    }
}
